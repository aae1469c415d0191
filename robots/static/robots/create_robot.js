// The full name while it is typed; repositories found, added and taken out in place.
(() => {
  const form = document.getElementById("new-robot");
  if (!form) return;
  const name = form.elements.namedItem("name");
  const fullName = form.querySelector("#full-name code");
  const box = form.querySelector("#new-repository");
  const role = form.querySelector("#new-role");
  const table = form.querySelector("[data-rows]");
  const rows = table?.querySelector("tbody");
  const said = form.querySelector("[data-said]");
  const errors = form.querySelector("#typed-errors");
  const offered = form.querySelector("#offered");
  let asked = 0;

  const showName = () => {
    fullName.textContent = `${form.dataset.namespace}+${name.value.trim()}`;
  };

  const namesLike = async (text) => {
    const url = new URL(form.dataset.choices, location.href);
    url.searchParams.set("q", text);
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    return answer.ok ? (await answer.json()).names : [];
  };

  const offer = async () => {
    const number = ++asked;
    const names = await namesLike(typed());
    if (number !== asked) return;
    offered.replaceChildren(
      ...names.map((text) => Object.assign(document.createElement("option"), { value: text })),
    );
  };

  const typed = () => {
    const text = box.value.trim();
    const home = `${form.dataset.namespace}/`;
    return text.startsWith(home) ? text.slice(home.length) : text;
  };

  const rowOf = (text) =>
    [...rows.rows].find((row) => row.querySelector("[name=repository]").value === text);

  const newRow = (text) => {
    const row = form.querySelector("[data-row]").content.firstElementChild.cloneNode(true);
    row.querySelector("[name=repository]").value = text;
    row.querySelector("[data-name]").textContent = text;
    row.querySelector("select").setAttribute("aria-label", `Role on ${text}`);
    const button = row.querySelector("button");
    button.value = text;
    button.setAttribute("aria-label", `Take out ${text}`);
    rows.append(row);
    return row;
  };

  const complain = (text) => {
    errors.replaceChildren();
    if (text) errors.append(Object.assign(document.createElement("li"), { textContent: text }));
    said.textContent = text;
  };

  const add = async () => {
    const text = typed();
    if (!text) return complain("Type the name of a repository first.");
    if (!(await namesLike(text)).includes(text)) return complain(`There is no repository ${text} here.`);
    complain("");
    (rowOf(text) || newRow(text)).querySelector("select").value = role.value;
    table.hidden = false;
    if (typed() === text) box.value = "";
    said.textContent = `${text} added: ${role.value}.`;
    box.focus();
  };

  const takeOut = (row) => {
    said.textContent = `${row.querySelector("[data-name]").textContent} taken out.`;
    row.remove();
    table.hidden = rows.rows.length === 0;
    box.focus();
  };

  name.addEventListener("input", showName);
  if (!box) return; // Repositories are for who may give permissions.
  let timer;
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(offer, 200);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add();
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const row = button.name === "remove" && button.closest("tr");
    if (!row && !("add" in button.dataset)) return;
    event.preventDefault();
    if (row) takeOut(row);
    else add();
  });
})();
