/* Thumbnails swap the large image; the large image opens in a dialog. Without JavaScript, both are
   links to a page with the image. Listens on the document, because variant.js replaces the gallery. */
const lightbox = document.querySelector("[data-lightbox]");

function swap(thumb) {
  const gallery = thumb.closest("[data-gallery]");
  const main = gallery.querySelector(".main");
  const image = main.querySelector("img");
  for (const source of main.querySelectorAll("source")) source.remove();
  image.src = thumb.dataset.image;
  image.alt = thumb.dataset.alt;
  main.href = thumb.href;
  main.dataset.full = thumb.dataset.full;
  for (const other of gallery.querySelectorAll(".thumbs a")) other.removeAttribute("aria-current");
  thumb.setAttribute("aria-current", "true");
}

function enlarge(main) {
  const image = new Image();
  image.src = main.dataset.full;
  image.alt = main.querySelector("img").alt;
  lightbox.querySelector("img")?.remove();
  lightbox.append(image);
  lightbox.showModal();
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("[data-gallery] a");
  if (link) {
    event.preventDefault();
    (link.matches(".main") ? enlarge : swap)(link);
  } else if (event.target === lightbox) lightbox.close(); // the backdrop
});
