/* While somebody writes a policy, its preview and redline follow. Without us they show what was saved. */
const WAIT = 400; // ms after the last key

for (const panel of document.querySelectorAll("[data-preview]")) {
  const form = panel.closest("form");
  const status = form.querySelector("[data-preview-status]");
  let timer, asked;

  async function show() {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(panel.dataset.preview, {
        method: "POST",
        body: new FormData(form),
        headers: { "X-Requested-With": "XMLHttpRequest" },
        signal: asked.signal,
      });
      if (!answer.ok) throw new Error(answer.status);
      fill(await answer.text());
      status.textContent = "The preview shows what you have written.";
    } catch (problem) {
      if (problem.name !== "AbortError") status.textContent = "The preview is out of date: the shop did not answer.";
    }
  }

  function fill(html) {
    const scrolled = [...panel.querySelectorAll("[tabindex]")].map((part) => part.scrollTop);
    const page = new DOMParser().parseFromString(html, "text/html");
    panel.replaceChildren(...page.body.childNodes);
    panel.querySelectorAll("[tabindex]").forEach((part, place) => (part.scrollTop = scrolled[place] ?? 0));
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    status.textContent = "The preview follows …";
    timer = setTimeout(show, WAIT);
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false; // only we can print
  button.addEventListener("click", () => window.print());
}
