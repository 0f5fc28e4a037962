/* How far a letter to many is, kept up to date. Without us it is what it was when the page was asked for. */
const PAUSE = 3000; // ms

async function follow(part) {
  const address = part.dataset.progress;
  if (!address) return;
  await new Promise((go) => setTimeout(go, PAUSE));
  try {
    const answer = await fetch(address, { headers: { "X-Requested-With": "XMLHttpRequest" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = answer.ok && page.querySelector(".letter-sending");
    if (!fresh) return;
    // whoever is about to press a button is left alone
    if (part.contains(document.activeElement) || part.querySelector("details[open]")) return follow(part);
    part.replaceWith(fresh);
    follow(fresh);
  } catch {
    follow(part); // the shop did not answer: again
  }
}

for (const part of document.querySelectorAll(".letter-sending")) follow(part);
