// Counts what is chosen on the list of repositories, and ticks a whole page at once.
// Everything works without this: the form carries the choices from page to page.
(() => {
  const form = document.getElementById("set-permissions");
  const whole = document.getElementById("set-page");
  const count = document.getElementById("set-count");
  if (!form || !whole || !count) return;
  const matching = document.getElementById("set-matching");
  const ticks = [...form.querySelectorAll("input[name=tick]")];
  const roles = [...form.querySelectorAll("select[data-was]")];

  const said = (number, one, many) => `${number.toLocaleString("en-US")} ${number === 1 ? one : many}`;

  const tell = () => {
    const ticked = ticks.filter((tick) => tick.checked).length;
    const changed = roles.filter((role) => role.value !== role.dataset.was);
    roles.forEach((role) => role.closest("tr").classList.toggle("qs-changed", changed.includes(role)));
    whole.checked = ticked === ticks.length;
    whole.indeterminate = ticked > 0 && ticked < ticks.length;
    const selected = ticked + Number(count.dataset.elsewhere);
    const own = changed.length + Number(count.dataset.rolesElsewhere);
    const all = Number(count.dataset.matching);
    const parts = [];
    if (matching.checked) parts.push(`all ${said(all, "that matches", "that match")} selected`);
    else if (selected) parts.push(`${said(selected, "repository", "repositories")} selected`);
    if (own) parts.push(`${said(own, "role", "roles")} chosen in rows`);
    count.textContent = parts.join(", ");
  };

  whole.hidden = false;
  whole.addEventListener("change", () => {
    ticks.forEach((tick) => { tick.checked = whole.checked; });
    tell();
  });
  form.addEventListener("change", (event) => {
    if (event.target !== whole) tell();
  });
  tell();
  form.querySelector("[aria-invalid=true]")?.focus({ preventScroll: true });
})();
