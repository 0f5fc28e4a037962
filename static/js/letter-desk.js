/* While somebody writes a letter, its frame, check list and number of readers follow. Without us they show what was saved. */
const WAIT = 500; // ms after the last key

const frame = document.querySelector("iframe[data-letter]");

for (const choice of document.querySelectorAll("input[name=letter_width]"))
  choice.addEventListener("change", () => (frame.dataset.width = choice.value));

for (const desk of document.querySelectorAll(".letter-desk")) {
  const form = desk.closest("form");
  const beside = desk.querySelector("[data-beside]");
  const status = desk.querySelector("[data-status]");
  let timer, asked;

  async function follow() {
    asked?.abort();
    asked = new AbortController();
    try {
      if (beside) await showLetter();
      else await count();
      status.textContent = beside ? "Shown as you have written it. Not saved yet." : "";
    } catch (problem) {
      if (problem.name !== "AbortError") status.textContent = "Out of date: the shop did not answer.";
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

  async function showLetter() {
    const page = new DOMParser().parseFromString(await ask(beside.dataset.beside), "text/html");
    beside.replaceChildren(...page.body.childNodes);
    // replaced, so that the back button leaves the page and not the frame
    frame.contentWindow.location.replace(`${frame.dataset.letter}?unsaved&at=${Date.now()}`);
  }

  async function count() {
    desk.querySelector("[data-readers]").textContent = await ask(desk.dataset.count);
  }

  form.addEventListener("input", (event) => {
    if (event.target.name === "letter_width") return;
    clearTimeout(timer);
    timer = setTimeout(follow, WAIT);
  });
}
