// Pops up the form of a new trust, and adds rows for conditions to it.
(() => {
  for (const opener of document.querySelectorAll("[data-opens]")) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (!dialog) continue;
    opener.setAttribute("role", "button");
    opener.setAttribute("aria-haspopup", "dialog");
    opener.addEventListener("click", (event) => {
      event.preventDefault();
      dialog.showModal();
    });
    opener.addEventListener("keydown", (event) => {
      if (event.key === " ") {
        event.preventDefault();
        dialog.showModal();
      }
    });
    dialog.querySelector("[data-closes]").addEventListener("click", () => dialog.close());
  }

  for (const conditions of document.querySelectorAll("[data-conditions]")) {
    const rows = conditions.querySelector("[data-rows]");
    const template = conditions.querySelector("template");
    const button = conditions.querySelector("[data-add]");
    const total = conditions.querySelector("[name$=-TOTAL_FORMS]");
    const most = Number(conditions.querySelector("[name$=-MAX_NUM_FORMS]").value);
    const update = () => { button.hidden = Number(total.value) >= most; };
    button.addEventListener("click", () => {
      const row = template.content.firstElementChild.cloneNode(true);
      for (const element of row.querySelectorAll("*")) {
        for (const name of ["id", "name", "for"]) {
          const value = element.getAttribute(name);
          if (value) element.setAttribute(name, value.replace("__prefix__", total.value));
        }
      }
      total.value = Number(total.value) + 1;
      row.querySelector("legend").textContent = `Condition ${total.value}`;
      rows.append(row);
      row.querySelector("input").focus();
      update();
    });
    update();
  }
})();
