/* When a variant is chosen, its price, weight, specifications and images replace those on the page. */
let request;

async function show(variant) {
  request?.abort();
  request = new AbortController();
  const url = new URL(location.href);
  url.search = new URLSearchParams({ variant });
  try {
    const response = await fetch(url, { signal: request.signal });
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of document.querySelectorAll("[data-follows-variant]"))
      part.replaceChildren(...page.getElementById(part.id).childNodes);
    history.replaceState(null, "", url);
  } catch { /* a newer choice, or offline: each option has its own price and weight */ }
}

document.addEventListener("change", ({ target }) => {
  if (target.matches('[name="variant"]')) show(target.value);
});
