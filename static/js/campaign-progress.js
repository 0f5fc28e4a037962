/* Keeps the progress of a campaign up to date. Without JavaScript it is that of the page load. */
const PAUSE = 3000; // ms

async function follow(part) {
  const url = part.dataset.progress;
  if (!url) return;
  await new Promise((go) => setTimeout(go, PAUSE));
  try {
    const answer = await fetch(url, { headers: { "X-Requested-With": "XMLHttpRequest" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = answer.ok && page.querySelector(".campaign-progress");
    if (!fresh) return;
    // staff may be about to press a button
    if (part.contains(document.activeElement) || part.querySelector("details[open]")) return follow(part);
    part.replaceWith(fresh);
    follow(fresh);
  } catch {
    follow(part); // no response: try again
  }
}

for (const part of document.querySelectorAll(".campaign-progress")) follow(part);
