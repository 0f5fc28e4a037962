/* Names for controls that Django's scripts and templates leave without. */
const words = document.querySelector("script[data-record]").dataset;

function nameSelect2(select) {
  const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
  const name = label ? label.textContent.replace(/:\s*$/, "").trim() : select.getAttribute("aria-label");
  const box = select.nextElementSibling;
  if (!name || !box?.matches(".select2")) return;
  for (const part of box.querySelectorAll(".select2-selection, .select2-selection__rendered[role], .select2-search__field")) {
    part.removeAttribute("aria-labelledby");
    part.setAttribute("aria-label", name);
  }
}

function nameAll() {
  for (const icon of document.querySelectorAll(".help-tooltip[aria-label]")) icon.setAttribute("role", "img");
  for (const cell of document.querySelectorAll(".tabular th:empty")) {
    const name = document.createElement("span");
    name.className = "visually-hidden";
    name.textContent = cell.matches(".original") ? words.record : words.remove;
    cell.append(name);
  }
  document.querySelectorAll("select.select2-hidden-accessible").forEach(nameSelect2);
  const search = document.querySelector("#searchbar");
  search?.setAttribute("aria-label", words.search);
}

addEventListener("load", nameAll); // after Django's filters
window.django?.jQuery(nameAll); // after Django's select2 fields
document.addEventListener("formset:added", () => setTimeout(nameAll));
