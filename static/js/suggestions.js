/* Suggestions while someone types, as an ARIA combobox. Without us the form searches as it is. */
const DELAY = 150; // ms after the last key

for (const form of document.querySelectorAll("form[data-suggestions]")) {
  const input = form.querySelector("input[type=search]");
  const panel = Object.assign(document.createElement("div"), { className: "suggestions", hidden: true });
  const status = Object.assign(document.createElement("p"), { className: "unseen" });
  status.setAttribute("role", "status");
  form.append(panel, status);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  let timer, request, shown = "";

  const options = () => [...panel.querySelectorAll("[role=option]")];
  const active = () => panel.querySelector("[aria-selected=true]");

  const select = (option) => {
    active()?.removeAttribute("aria-selected");
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  };

  const open = (isOpen) => {
    panel.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) input.setAttribute("aria-controls", "search-suggestions");
    else select(null);
  };

  const suggest = async () => {
    const typed = input.value.trim();
    request?.abort();
    if (typed.length < 2) return open(false);
    if (typed === shown) return open(options().length > 0);
    request = new AbortController();
    try {
      const url = `${form.dataset.suggestions}?${new URLSearchParams({ q: typed })}`;
      const response = await fetch(url, { signal: request.signal });
      if (!response.ok) return open(false);
      panel.innerHTML = await response.text();
      shown = typed;
      status.textContent = panel.querySelector("[role=listbox]").dataset.status;
      open(options().length > 0 && document.activeElement === input);
    } catch {
      open(false); // a newer request replaced this one, or there is no network
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(suggest, DELAY);
  });
  input.addEventListener("keydown", (event) => {
    const all = options();
    const place = all.indexOf(active());
    if (event.key === "Escape" && !panel.hidden) {
      event.preventDefault(); // keep what was typed
      open(false);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && all.length) {
      event.preventDefault();
      if (panel.hidden) open(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      const next = place < 0 && step < 0 ? all.length - 1 : place + step;
      select(all[next] ?? null); // past either end: back to what was typed
    } else if (event.key === "Enter" && !panel.hidden && active()) {
      event.preventDefault();
      location.assign(active().dataset.url);
    }
  });
  input.addEventListener("blur", () => open(false));
  panel.addEventListener("mousedown", (event) => event.preventDefault()); // keep the focus
  panel.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) location.assign(option.dataset.url);
  });
}
