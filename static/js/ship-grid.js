// A barcode scanner ends each number with Enter: go to the next parcel, do not submit the form.
for (const form of document.querySelectorAll("form[data-ship-grid]")) {
  const numbers = [...form.querySelectorAll("input[name$='-tracking_number']")];
  numbers[0]?.focus();
  form.addEventListener("keydown", (event) => {
    const at = numbers.indexOf(event.target);
    if (event.key !== "Enter" || at < 0) return;
    event.preventDefault();
    (numbers[at + 1] ?? form.querySelector("button[type='submit']")).focus();
  });
  form.addEventListener("submit", () => {
    const button = form.querySelector("button[type='submit']");
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
  });
}
