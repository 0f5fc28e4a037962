/* Sends changed quantities by themselves, a moment after the last change. The button stays for
   whoever has no JavaScript. */
const form = document.querySelector("[data-cart-form]");
if (form) {
  form.querySelector("[data-update]").hidden = true;
  let waiting;
  form.addEventListener("change", (event) => {
    if (!event.target.name?.startsWith("quantity-")) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => form.requestSubmit(), 700);
  });
}
