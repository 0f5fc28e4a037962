/* Thumbnails link to each picture at full size; here they swap the large one in place. */
for (const gallery of document.querySelectorAll("[data-gallery]")) {
  const main = gallery.querySelector(".main");
  const thumbs = [...gallery.querySelectorAll(".thumbs a")];

  for (const thumb of thumbs)
    thumb.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const image = main.querySelector("img");
      for (const source of main.querySelectorAll("source")) source.remove();
      image.removeAttribute("srcset");
      image.src = thumb.dataset.image || thumb.href;
      image.alt = thumb.dataset.alt || "";
      if (main.href) main.href = thumb.href;
      for (const other of thumbs) other.removeAttribute("aria-current");
      thumb.setAttribute("aria-current", "true");
    });
}
