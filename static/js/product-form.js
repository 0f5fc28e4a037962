/* The product form: type, rows and images change without loading the page again, and a new product is
   saved without leaving the page. Without JavaScript, the same buttons load a page that has everything. */
const form = document.querySelector("#product_form");
const isNew = Boolean(form?.querySelector("[data-change-type]")) && !form.querySelector("[name=_popup]");

/* Sends the form as this button would; returns the response and its page. */
async function send(button) {
  const body = new FormData(form, button);
  button.disabled = true;
  const response = await fetch(location.href, { method: "POST", body });
  if (!response.ok) throw new Error(response.status);
  return [response, new DOMParser().parseFromString(await response.text(), "text/html")];
}

/* Sends the form and loads the page, as without JavaScript. */
function submit(button) {
  button.disabled = false;
  button.dataset.native = "";
  button.click();
}

async function redisplay(button) {
  try {
    const [, page] = await send(button);
    button.disabled = false;
    for (const part of page.querySelectorAll("[data-redisplayed]")) document.getElementById(part.id)?.replaceWith(part);
    document.querySelectorAll("[data-sortable]").forEach(addOrderButtons);
    showMessages(page);
  } catch {
    submit(button);
  }
}

/* A saved product is confirmed with the messages of the page that follows; errors need that page. */
async function save(button) {
  try {
    const [response, page] = await send(button);
    if (!response.redirected) return submit(button);
    showMessages(page);
    const next = form.querySelector("[data-saved]").content.cloneNode(true);
    document.querySelector("#content-main").replaceChildren(next);
    document.querySelector("#content-main a").focus();
  } catch {
    submit(button);
  }
}

function showMessages(page) {
  document.querySelectorAll(".messagelist").forEach((list) => list.remove());
  const list = page.querySelector(".messagelist");
  if (!list) return;
  list.setAttribute("role", "status");
  document.querySelector("#content").before(list);
}

form?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-redisplay], [name=_save]");
  if (!button || "native" in button.dataset || (button.name === "_save" && !isNew)) return;
  event.preventDefault();
  if (button.name === "_save") save(button);
  else redisplay(button);
});

form?.addEventListener("change", (event) => {
  if (event.target.matches("[data-change-type]")) form.querySelector("[name=_change_type]").click();
  if (event.target.matches("[type=file][name=new_images]")) form.querySelector("[name=_upload]").click();
});

/* The order of images: by dragging, or with two buttons each. */
function addOrderButtons(list) {
  for (const item of list.children) {
    const order = item.querySelector(".order");
    if (!order || item.querySelector(".steps")) continue;
    const steps = document.createElement("span");
    steps.className = "steps";
    for (const [text, label] of [["↑", list.dataset.earlier], ["↓", list.dataset.later]]) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: text });
      button.setAttribute("aria-label", label);
      button.addEventListener("click", () => {
        if (text === "↑") item.previousElementSibling?.before(item);
        else item.nextElementSibling?.after(item);
        number(list);
        button.focus();
      });
      steps.append(button);
    }
    order.after(steps);
  }
}

function number(list) {
  [...list.children].forEach((item, index) => (item.querySelector("[name$=display_order]").value = index));
}

let dragged;
form?.addEventListener("dragstart", (event) => (dragged = event.target.closest("[data-sortable] > li")));
form?.addEventListener("dragover", (event) => {
  const item = event.target.closest("[data-sortable] > li");
  if (!dragged || !item || item.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  const box = item.getBoundingClientRect();
  if (event.clientX < box.left + box.width / 2) item.before(dragged);
  else item.after(dragged);
});
form?.addEventListener("dragend", () => {
  if (dragged) number(dragged.parentElement);
  dragged = undefined;
});

/* Previews while typing: the description as the page shows it, the title and text of search results. */
const value = (name) => form.querySelector(`[name=${name}]`)?.value.trim();
const description = form?.querySelector("[data-description]");
let timer;

function preview() {
  const result = form.querySelector(".search-result");
  if (!result || !description) return;
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", value("csrfmiddlewaretoken"));
    body.set("description", value("description"));
    const response = await fetch(description.dataset.description, { method: "POST", body });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const text = page.body.textContent.replace(/\s+/g, " ").trim();
    description.replaceChildren(...page.body.childNodes);
    result.querySelector("[data-result-title]").textContent = (value("meta_title") || value("title") || "…").slice(0, 60);
    result.querySelector("[data-result-description]").textContent = (value("meta_description") || text || "…").slice(0, 160);
  }, 400); // ms after the last input
}

form?.addEventListener("input", (event) => {
  if (/^(title|description|meta_title|meta_description)$/.test(event.target.name)) preview();
});

document.querySelectorAll("[data-sortable]").forEach(addOrderButtons);
