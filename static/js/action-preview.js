// Shows what an action will do as soon as its form is filled in, so that one click confirms it.
// Without JavaScript, the first click shows it and the second one confirms.

for (const form of document.querySelectorAll("form[data-preview]")) {
  let latest = 0;

  form.addEventListener("change", async () => {
    const number = ++latest;
    const body = new FormData(form);
    body.append("preview", "1");
    const response = await fetch(form.action, { method: "POST", body });
    if (!response.ok || number !== latest) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const shown = page.querySelector("form[data-preview]");
    if (!shown) return;
    form.elements.seen.value = shown.elements.seen.value;
    const consequences = form.querySelector("[data-consequences]");
    consequences.replaceChildren(...shown.querySelector("[data-consequences]").childNodes);
    for (const error of shown.querySelectorAll(".form-row .errorlist li")) {
      const line = document.createElement("p");
      line.className = "warning-line";
      line.textContent = error.textContent;
      consequences.append(line);
    }
  });
}
