/* Minus and plus buttons of a number field, within its min and max. */
for (const box of document.querySelectorAll("[data-quantity]")) {
  const input = box.querySelector("input");
  const buttons = [...box.querySelectorAll("[data-step]")];

  const refresh = () => {
    for (const button of buttons) {
      const next = Number(input.value) + Number(button.dataset.step);
      button.disabled = next < Number(input.min) || (input.max !== "" && next > Number(input.max));
    }
  };

  for (const button of buttons) {
    button.hidden = false;
    button.addEventListener("click", () => {
      if (button.dataset.step > 0) input.stepUp();
      else input.stepDown();
      refresh();
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
  input.addEventListener("input", refresh);
  refresh();
}
