/* When a variant is chosen, its URL, price, stock, specifications and images replace those on the
   page. Without JavaScript, the label of each variant is a link to the page that shows it. */
let request;

async function show(link) {
  request?.abort();
  request = new AbortController();
  try {
    const response = await fetch(link.href, { signal: request.signal });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of document.querySelectorAll("[data-follows-variant]"))
      part.replaceChildren(...page.getElementById(part.id).childNodes);
    document.title = page.title;
    history.replaceState(null, "", link.href);
    for (const other of document.querySelectorAll("[data-variant]")) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
  } catch { /* a newer choice, or offline: each option has its own price and weight */ }
}

const radioOf = (link) => link.closest("li").querySelector("input");

/* Tab reaches the radio buttons; of a sold-out variant, whose button is disabled, the link. */
for (const link of document.querySelectorAll("[data-variant]")) if (!radioOf(link).disabled) link.tabIndex = -1;

document.addEventListener("change", ({ target }) => {
  if (target.matches('[name="variant"]')) show(target.closest("li").querySelector("[data-variant]"));
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-variant]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const radio = radioOf(link);
  if (!radio.disabled) radio.checked = true;
  show(link);
});
