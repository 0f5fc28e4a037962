/* The form of a promotion: shows the fields that apply, and fills in periods with one click. */
const form = document.querySelector("#promotion_form");

function isShown(field) {
  const [name, values] = field.dataset.shownIf.split(":");
  return values.split(",").includes(new FormData(form).get(name) ?? "");
}

function hasInput(row) {
  return [...row.querySelectorAll("input, select, textarea")].some((one) => (/checkbox/.test(one.type) ? one.checked : one.value));
}

function update() {
  for (const field of form.querySelectorAll("[data-shown-if]")) {
    const row = field.closest(".form-row");
    // what was typed, or is wrong, never disappears
    row.hidden = !isShown(field) && !row.matches(".errors") && !hasInput(row);
  }
}

const periods = form?.querySelector("[data-quick-periods]");
if (periods) {
  const last = form.elements.last_day;
  last.closest(".form-row").append(periods);
  periods.hidden = false;
  periods.addEventListener("click", ({ target }) => {
    if (!target.dataset.last) return;
    form.elements.first_day.value = target.dataset.first;
    last.value = target.dataset.last;
    last.dispatchEvent(new Event("input", { bubbles: true }));
  });
  form.addEventListener("input", update);
  form.addEventListener("change", update);
  update();
}
