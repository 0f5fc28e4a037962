/* Order and filter of a list take hold as soon as they are changed; without us there is a button. */
for (const form of document.querySelectorAll("form[data-apply]"))
  form.addEventListener("change", () => form.requestSubmit());
