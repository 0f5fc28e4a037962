/* Menus are <details>: they open and close without us. We add what a pointer and a keyboard
   expect: one open at a time, closed by Escape or by a click beside it. */
const menus = [...document.querySelectorAll("details[data-menu]")];

const closeAllBut = (kept) => {
  for (const menu of menus) if (menu !== kept) menu.open = false;
};

for (const menu of menus) {
  menu.addEventListener("toggle", () => menu.open && closeAllBut(menu));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

document.addEventListener("click", (event) => closeAllBut(event.target.closest("details[data-menu]")));
