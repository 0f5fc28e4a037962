/* Updates preview, checklist and recipients while staff edit a campaign. Without JavaScript they show what is saved. */
const WAIT = 500; // ms after the last key

const frame = document.querySelector("iframe[data-email]");

for (const choice of document.querySelectorAll("input[name=email_width]"))
  choice.addEventListener("change", () => (frame.dataset.width = choice.value));

for (const editor of document.querySelectorAll(".campaign-editor")) {
  const form = editor.closest("form");
  const preview = editor.querySelector("[data-preview]");
  const status = editor.querySelector("[data-status]");
  let timer, asked;

  async function follow() {
    asked?.abort();
    asked = new AbortController();
    try {
      if (preview) await showEmail();
      else await count();
      status.textContent = preview ? "Preview of unsaved changes." : "";
    } catch (problem) {
      if (problem.name !== "AbortError") status.textContent = "The preview could not be updated.";
    }
  }

  async function ask(address) {
    const answer = await fetch(address, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Requested-With": "XMLHttpRequest" },
      signal: asked.signal,
    });
    if (!answer.ok) throw new Error(answer.status);
    return answer.text();
  }

  async function showEmail() {
    const page = new DOMParser().parseFromString(await ask(preview.dataset.preview), "text/html");
    preview.replaceChildren(...page.body.childNodes);
    // replaced, so that the back button leaves the page and not the frame
    frame.contentWindow.location.replace(`${frame.dataset.email}?unsaved&at=${Date.now()}`);
  }

  async function count() {
    editor.querySelector("[data-readers]").textContent = await ask(editor.dataset.count);
  }

  form.addEventListener("input", (event) => {
    if (event.target.name === "email_width") return;
    clearTimeout(timer);
    timer = setTimeout(follow, WAIT);
  });
}
