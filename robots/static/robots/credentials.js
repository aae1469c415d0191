// The page of credentials: its sections become tabs, and what is complete is copied.
(() => {
  const page = document.getElementById("credentials");
  const tabs = [...page.querySelectorAll("[data-tab]")];
  const panels = [...page.querySelectorAll("[data-panel]")];
  const status = document.getElementById("copied");

  // A reload asks for the page anew: it neither posts again nor shows the token.
  const remember = (key) => {
    const address = new URL(page.dataset.address, location.href);
    address.searchParams.set("tab", key);
    history.replaceState(null, "", address);
  };

  const open = (key) => {
    for (const tab of tabs) {
      const chosen = tab.dataset.tab === key;
      tab.setAttribute("aria-selected", chosen);
      tab.tabIndex = chosen ? 0 : -1;
    }
    for (const panel of panels) panel.hidden = panel.id !== key;
    for (const field of page.querySelectorAll("[data-open-tab]")) field.value = key;
    for (const link of page.querySelectorAll("[data-hides]")) link.href = `?tab=${key}`;
    remember(key);
  };

  const step = (event) => {
    const at = tabs.indexOf(event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
    if (!(event.key in to)) return;
    event.preventDefault();
    const tab = tabs[(to[event.key] + tabs.length) % tabs.length];
    open(tab.dataset.tab);
    tab.focus();
  };

  const makeTabs = () => {
    page.querySelector(".qs-pills").setAttribute("role", "tablist");
    for (const tab of tabs) {
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", tab.dataset.tab);
      tab.addEventListener("click", (event) => {
        event.preventDefault();
        open(tab.dataset.tab);
      });
      tab.addEventListener("keydown", step);
    }
    for (const panel of panels) {
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", `tab-${panel.id}`);
    }
    for (const link of page.querySelectorAll("[data-opens]")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        open(link.dataset.opens);
        document.getElementById(`tab-${link.dataset.opens}`).focus();
      });
    }
    const named = location.hash.slice(1);
    open(panels.some((panel) => panel.id === named) ? named : page.dataset.open);
  };

  // Without the clipboard's API, which needs HTTPS: by selecting the text.
  const select = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand("copy");
  };

  const copy = async (element) => {
    try {
      await navigator.clipboard.writeText(element.textContent);
      return true;
    } catch {
      return select(element);
    }
  };

  const makeCopies = () => {
    for (const button of page.querySelectorAll("[data-copies]")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        const done = await copy(document.getElementById(button.dataset.copies));
        const said = done ? "Copied" : "Selected: press Ctrl+C";
        button.textContent = said;
        status.textContent = said;
        setTimeout(() => {
          button.textContent = "Copy";
          status.textContent = "";
        }, 2500);
      });
    }
  };

  // Of two views, the one whose images are chosen.
  const makeViews = () => {
    const show = (radio) => {
      for (const view of page.querySelectorAll(`[data-view=${radio.dataset.views}]`)) {
        view.hidden = view.dataset.scope !== radio.value;
      }
    };
    for (const radio of page.querySelectorAll("[data-views]")) {
      radio.addEventListener("change", () => show(radio));
      if (radio.checked) show(radio);
    }
  };

  const makeNamespace = () => {
    const field = page.querySelector("[data-fills]");
    const line = document.getElementById(field.dataset.fills);
    const before = line.textContent;
    field.closest(".qs-enhanced").hidden = false;
    field.addEventListener("input", () => {
      const name = field.value.trim();
      const good = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name);
      field.setAttribute("aria-invalid", Boolean(name) && !good);
      const filled = good ? name : field.dataset.placeholder;
      line.textContent = before.replace(field.dataset.placeholder, filled);
    });
  };

  makeTabs();
  makeCopies();
  makeViews();
  makeNamespace();
})();
