/* Updates the cart shortly after a quantity changes. Without JavaScript, there is a button. */
const form = document.querySelector("[data-cart-form]");
if (form) {
  form.querySelector("[data-update]").hidden = true;
  let timer;
  form.addEventListener("change", (event) => {
    if (!event.target.name?.startsWith("quantity-")) return;
    clearTimeout(timer);
    timer = setTimeout(() => form.requestSubmit(), 700);
  });
}
