// Rows that open, and menus that stand beside the button that opens them.
(() => {
  for (const button of document.querySelectorAll("[data-opens]")) {
    button.addEventListener("click", () => {
      const row = document.getElementById(button.dataset.opens);
      row.hidden = !row.hidden;
      button.setAttribute("aria-expanded", String(!row.hidden));
      button.querySelector("[data-verb]").textContent = row.hidden ? "Expand" : "Collapse";
    });
  }

  const place = (menu, button) => {
    const at = button.getBoundingClientRect();
    const below = at.bottom + menu.offsetHeight < innerHeight;
    menu.style.left = `${Math.max(8, at.right - menu.offsetWidth)}px`;
    menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - menu.offsetHeight - 4)}px`;
  };

  for (const menu of document.querySelectorAll("[popover].qs-menu")) {
    const button = document.querySelector(`[popovertarget="${menu.id}"]`);
    const lines = [...menu.querySelectorAll("a, button")];
    menu.addEventListener("toggle", (event) => {
      if (event.newState !== "open") return;
      place(menu, button);
      lines[0]?.focus();
    });
    menu.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = lines.indexOf(document.activeElement) + step;
      lines[(next + lines.length) % lines.length].focus();
    });
    addEventListener("scroll", () => menu.matches(":popover-open") && menu.hidePopover(), true);
  }
})();
