/* Address forms: provinces are chosen from a list where the country has one, and errors appear as
   soon as a field is left. Without JavaScript provinces are typed, and checked when submitted. */
const choices = JSON.parse(document.getElementById("province-choices").textContent);
const typed = new WeakMap(); // select: the text field that it replaces
const ADDRESS = ["country", "province", "postcode", "phone"];
const ATTRIBUTES = ["id", "name", "form", "autocomplete", "aria-describedby", "aria-invalid", "data-missing"];

/* --- Provinces ------------------------------------------------------------------------------- */

const sibling = (field, name) => field.form.elements[field.name.replace("country", name)];
const isSame = (one, other) => one.localeCompare(other, "en", { sensitivity: "base" }) === 0;

function selectFor(input, options) {
  const select = document.createElement("select");
  for (const name of ATTRIBUTES)
    if (input.hasAttribute(name)) select.setAttribute(name, input.getAttribute(name));
  select.append(new Option("", ""), ...options.map(([code, name]) => new Option(name, code)));
  select.required = options.length > 1; // a US territory is its own province
  typed.set(select, input);
  return select;
}

/* What was typed stays: as the option of that name, or as one more option. */
function choose(select, text, keepsUnknown) {
  const option = [...select.options].find(({ value, label }) => text && (isSame(value, text) || isSame(label, text)));
  if (option) option.selected = true;
  else if (text && keepsUnknown) select.append(new Option(text, text, true, true));
  else if (select.options.length === 2) select.options[1].selected = true;
}

function showProvinces(country, keepsUnknown) {
  const field = sibling(country, "province");
  const input = typed.get(field) || field;
  const options = choices[country.value];
  const shown = options ? selectFor(input, options) : input;
  if (options) choose(shown, field.value, keepsUnknown);
  if (shown !== field) field.replaceWith(shown);
}

const countries = () => [...document.querySelectorAll("select[name$=country]")];

/* The fields of a billing address are added later. */
function showNewProvinces() {
  for (const country of countries())
    if (country.form && sibling(country, "province")?.tagName === "INPUT" && choices[country.value]) showProvinces(country, true);
}

/* --- Checks ---------------------------------------------------------------------------------- */

function showErrors(field, texts) {
  const id = `${field.id}_error`;
  document.getElementById(id)?.remove();
  const described = (field.getAttribute("aria-describedby") || "").split(" ").filter((each) => each && each !== id);
  if (texts.length) {
    const list = document.createElement("ul");
    list.className = "errorlist";
    list.id = id;
    list.append(...texts.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    field.closest(".field").append(list);
    field.setAttribute("aria-invalid", "true");
    described.push(id);
  } else field.removeAttribute("aria-invalid");
  if (described.length) field.setAttribute("aria-describedby", described.join(" "));
  else field.removeAttribute("aria-describedby");
}

/* The checkbox "as typed": the page has it where the postal code looks wrong. */
function addAsTyped(field) {
  if (field.querySelector("input")) return;
  const label = Object.assign(document.createElement("label"), { className: "choice" });
  const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "postcode_as_typed" });
  label.htmlFor = box.id = "id_postcode_as_typed";
  label.append(box, Object.assign(document.createElement("span"), { textContent: field.dataset.asTyped }));
  field.prepend(label);
}

/* It confirms one postal code of one country; another one is asked about again. */
function resetAsTyped(form) {
  const box = form.elements.postcode_as_typed;
  const value = `${form.elements.country.value} ${form.elements.postcode.value}`.trim().toUpperCase();
  if (box.value === value) return;
  Object.assign(box, { value, checked: false });
  box.closest(".field").hidden = true;
}

let latest = null;

async function check(form) {
  latest?.abort();
  latest = new AbortController();
  const { signal } = latest;
  try {
    const response = await fetch(form.dataset.addressCheck, { method: "POST", body: new FormData(form), signal });
    if (!response.ok) return;
    const { errors } = await response.json();
    for (const [name, texts] of Object.entries(errors)) showErrors(form.elements[name], texts);
    if (errors.postcode_as_typed.length) form.elements.postcode_as_typed.closest(".field").hidden = false;
  } catch { /* a newer check, or offline: submitting checks again */ }
}

document.addEventListener("change", ({ target }) => {
  if (target.name?.endsWith("country") && target.form && sibling(target, "province")) showProvinces(target, false);
  showNewProvinces();
  const form = target.closest?.("form[data-address-check]");
  if (!form || target.form !== form || ![...ADDRESS, "postcode_as_typed"].includes(target.name)) return;
  if (target.name !== "postcode_as_typed") resetAsTyped(form);
  check(form);
});
for (const field of document.querySelectorAll("[data-as-typed]")) addAsTyped(field);
showNewProvinces();
