/* Shortcuts of every admin page: Ctrl-K for the search box, arrow keys and Escape in the menu, and a
   message when a submission takes longer than two seconds. */
const SLOW = 2000; // ms

const search = document.querySelector("#admin-search-input");
addEventListener("keydown", (event) => {
  if (search && event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
    event.preventDefault();
    search.focus();
    search.select();
  }
});

const lists = [...document.querySelectorAll(".admin-menu details, .list-filter")];
const close = (kept) => lists.forEach((list) => list !== kept && list.removeAttribute("open"));
document.addEventListener("click", (event) => close(event.target.closest("details")));

function move(list, step) {
  const stops = [list.querySelector("summary"), ...(list.open ? list.querySelectorAll("a") : [])];
  const next = stops[stops.indexOf(document.activeElement) + step];
  next?.focus();
}

for (const list of lists)
  list.addEventListener("keydown", (event) => {
    const areas = lists.filter((each) => each.parentElement === list.parentElement);
    const beside = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape" && list.open) {
      list.open = false;
      list.querySelector("summary").focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (event.key === "ArrowDown") list.open = true;
      move(list, event.key === "ArrowDown" ? 1 : -1);
    } else if (beside) {
      areas[areas.indexOf(list) + beside]?.querySelector("summary").focus();
    } else return;
    event.preventDefault();
  });

const progress = document.querySelector("#progress");
let timer;
const done = () => {
  clearTimeout(timer);
  if (progress) progress.hidden = true;
};
addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  done();
  timer = setTimeout(() => (progress.hidden = false), SLOW);
});
// back from the next page, or a file was downloaded and the page is used again
for (const name of ["pageshow", "pointerdown", "keydown"]) addEventListener(name, done);
