// Actions that say what they will do. Their form opens above the record, without a page load, and
// shows the consequences as soon as it is filled in, so that one click confirms them. Without
// JavaScript the form is a page: the first click shows the consequences, the second one confirms.

let latest = 0;

async function page(url, options) {
  const response = await fetch(url, options);
  if (!response.ok) return null;
  const found = new DOMParser().parseFromString(await response.text(), "text/html");
  return found.querySelector("form[data-preview]");
}

async function preview(form) {
  const number = ++latest;
  const body = new FormData(form);
  body.append("preview", "1");
  const shown = await page(form.action, { method: "POST", body });
  if (!shown || number !== latest) return;
  form.elements.seen.value = shown.elements.seen.value;
  const box = form.querySelector("[data-consequences]");
  box.replaceChildren(...shown.querySelector("[data-consequences]").childNodes);
  const ofFields = [...shown.querySelectorAll(".form-row .errorlist li")];
  for (const error of ofFields.length ? ofFields : shown.querySelectorAll("[data-problem]")) {
    const line = document.createElement("p");
    line.className = "warning-line";
    line.textContent = error.textContent;
    box.append(line);
  }
}

async function open(link) {
  const form = await page(link.href);
  if (!form) {
    location.assign(link.href);
    return;
  }
  const dialog = document.createElement("dialog");
  const heading = document.createElement("h2");
  heading.textContent = link.textContent;
  heading.id = "action-title";
  dialog.className = "action-dialog";
  dialog.setAttribute("aria-labelledby", heading.id);
  form.action = link.href;
  dialog.append(heading, form);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  form.querySelector(".page-actions a")?.addEventListener("click", (event) => {
    event.preventDefault();
    dialog.close();
  });
  dialog.showModal();
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-preview]");
  if (form) preview(form);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(link);
});
