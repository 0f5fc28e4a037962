/* Adds a card's product to the cart or wish list without leaving the list. Without us, the form does. */
const form = document.getElementById("add-to-cart");

const show = (selector, page) => {
  const found = page.querySelector(selector);
  const shown = document.querySelector(selector);
  if (shown && found) shown.replaceWith(found);
  else if (found) document.getElementById("content").before(found);
};

/* A visitor without cookies gets a token from the page that the form would open. */
const bodyOf = async (button) => {
  const body = new FormData(form);
  if (form.method === "post") return body;
  const page = new DOMParser().parseFromString(await (await fetch(button.formAction)).text(), "text/html");
  body.set("csrfmiddlewaretoken", page.querySelector("[data-confirm] [name=csrfmiddlewaretoken]").value);
  return body;
};

const add = async (button) => {
  let response;
  try {
    const body = await bodyOf(button);
    response = await fetch(button.formAction, { method: "POST", body });
    if (!response.ok) throw new Error(response.statusText);
    if (new URL(response.url).pathname === form.dataset.login) return location.assign(response.url);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    show("[data-cart]", page);
    show(".messages", page);
    const isAdded = document.querySelector(".messages .message-success");
    button.classList.toggle("is-added", Boolean(isAdded));
    if (isAdded && button.firstChild.nodeType === Node.TEXT_NODE) button.firstChild.data = form.dataset.added;
    if (!isAdded) document.querySelector(".messages")?.scrollIntoView({ block: "nearest" });
  } catch {
    if (response?.redirected) return location.assign(response.url); // it was added: not twice
    button.removeAttribute("data-add"); // then it is a plain button
    button.click();
  }
  button.removeAttribute("aria-busy");
};

let last = Promise.resolve(); // one after the other: two first requests would make two carts
form?.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.hasAttribute("data-add")) return;
  event.preventDefault();
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  last = last.then(() => add(button));
});
