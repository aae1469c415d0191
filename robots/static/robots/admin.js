// What every page of the admin needs, beside the theme's own scripts.
(() => {
  // The server shows times in the browser's zone, of which it hears by a cookie.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `timezone=${zone}; path=/; max-age=31536000; SameSite=Lax${secure}`;
  }

  // Boxes in which one types to choose are drawn by a library that gives them no name.
  const nameChoices = () => {
    for (const select of document.querySelectorAll("select[id]")) {
      const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
      const drawn = document.getElementById(`select2-${select.id}-container`);
      if (label && drawn) drawn.setAttribute("aria-label", label.textContent.trim());
    }
    for (const hint of document.querySelectorAll("span.help-tooltip[aria-label]")) {
      hint.setAttribute("role", "img");
    }
  };

  // Wide tables scroll by themselves, which a keyboard must be able to do.
  const reachTables = () => {
    for (const region of document.querySelectorAll(".qs-scroll")) region.tabIndex = 0;
  };

  // The theme hides the page until its scripts have begun. A browser that is faster than
  // they are finds the field that is to have the focus hidden, and gives it to none.
  window.addEventListener("load", () => {
    const field = document.querySelector("[autofocus]");
    if (field && document.activeElement === document.body) field.focus();
  });

  const mend = () => {
    nameChoices();
    reachTables();
  };

  // They are drawn some time after the page is there, and again in new rows of forms.
  document.addEventListener("DOMContentLoaded", () => {
    mend();
    new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
  });
})();
