/* Thumbnails, arrow keys and swipes change the large image; it opens in a dialog, where it can be
   zoomed. Without JavaScript, all are links to a page with the image. Listens on the document,
   because variant.js replaces what is inside the gallery. */
const SWIPE = 40; // pixels
const lightbox = document.querySelector("[data-lightbox]");
const enlarged = lightbox?.querySelector("[data-enlarged]");
const zoom = lightbox?.querySelector("[data-zoom]");
const main = () => document.querySelector("[data-main]");
const pictures = () => document.querySelectorAll("[data-picture]");
const thumb = (number) => document.querySelector(`[data-thumb="${number}"]`);
const copy = (number) => pictures()[number - 1].content.querySelector("picture").cloneNode(true);

function enlarge() {
  const picture = copy(main().dataset.main);
  const zoomed = zoom.getAttribute("aria-pressed") === "true";
  for (const source of picture.querySelectorAll("source")) source.sizes = zoomed ? "192vw" : "96vw";
  lightbox.classList.toggle("zoomed", zoomed);
  enlarged.replaceChildren(picture);
  const position = lightbox.querySelector("[data-position]");
  if (position)
    position.textContent = position.dataset.position
      .replace("{number}", main().dataset.main).replace("{count}", pictures().length);
  if (!lightbox.open) lightbox.showModal();
}

function show(number) {
  const link = thumb(number);
  main().querySelector("picture").replaceWith(copy(number));
  main().href = link.href;
  main().dataset.main = number;
  for (const other of document.querySelectorAll("[data-thumb]")) other.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  if (lightbox.open) enlarge();
}

function step(by) {
  const count = pictures().length;
  if (count < 2) return;
  show(((Number(main().dataset.main) - 1 + by + count) % count) + 1);
  if (document.activeElement.matches("[data-thumb]")) thumb(main().dataset.main).focus();
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const target = event.target.closest("[data-thumb], [data-main], [data-step], [data-zoom]");
  if (event.target === lightbox) return lightbox.close(); // the backdrop
  if (!target) return;
  event.preventDefault();
  if (target.dataset.thumb) show(target.dataset.thumb);
  else if (target.dataset.step) step(Number(target.dataset.step));
  else {
    if (target === zoom) zoom.setAttribute("aria-pressed", zoom.getAttribute("aria-pressed") !== "true");
    enlarge();
  }
});

document.addEventListener("keydown", (event) => {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by || !event.target.closest("[data-gallery], [data-lightbox]")) return;
  if (lightbox.classList.contains("zoomed") && lightbox.open) return; // the keys scroll the image
  event.preventDefault();
  step(by);
});

let start = null;
document.addEventListener("touchstart", (event) => {
  const swiped = event.target.closest("[data-main], [data-enlarged]");
  start = swiped && event.touches.length === 1 ? event.touches[0] : null;
}, { passive: true });

document.addEventListener("touchend", ({ changedTouches: [end] }) => {
  if (!start || (lightbox.open && lightbox.classList.contains("zoomed"))) return;
  const [across, down] = [end.clientX - start.clientX, end.clientY - start.clientY];
  start = null;
  if (Math.abs(across) > SWIPE && Math.abs(across) > 2 * Math.abs(down)) step(across < 0 ? 1 : -1);
}, { passive: true });
