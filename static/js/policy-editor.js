/* Updates the preview of a policy while it is being edited. Without JavaScript it shows what was saved. */
const DELAY = 400; // ms after the last input

for (const preview of document.querySelectorAll("[data-preview]")) {
  const form = preview.closest("form");
  const status = form.querySelector("[data-preview-status]");
  const messages = preview.dataset;
  let timer, request;

  async function update() {
    request?.abort();
    request = new AbortController();
    try {
      const response = await fetch(messages.preview, {
        method: "POST",
        body: new FormData(form),
        headers: { "X-Requested-With": "XMLHttpRequest" },
        signal: request.signal,
      });
      if (!response.ok) throw new Error(response.status);
      show(await response.text());
      status.textContent = messages.previewUpdated;
    } catch (error) {
      if (error.name !== "AbortError") status.textContent = messages.previewFailed;
    }
  }

  function show(html) {
    const positions = [...preview.querySelectorAll("[tabindex]")].map((part) => part.scrollTop);
    const page = new DOMParser().parseFromString(html, "text/html");
    preview.replaceChildren(...page.body.childNodes);
    preview.querySelectorAll("[tabindex]").forEach((part, index) => (part.scrollTop = positions[index] ?? 0));
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    status.textContent = messages.previewUpdating;
    timer = setTimeout(update, DELAY);
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false; // only works with JavaScript
  button.addEventListener("click", () => window.print());
}
