/* The products that this browser showed last. They stay in its storage: nothing is sent. Without
   JavaScript, or where the browser stores nothing, the section stays hidden. */
const KEY = "recently-viewed";
const STORED = 7; // this product and six others
const section = document.querySelector("[data-recently-viewed]");
const isOurs = (path) => typeof path === "string" && /^\/(?!\/)/.test(path);

function read() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY));
    return Array.isArray(found) ? found.filter((each) => isOurs(each?.url) && typeof each.title === "string") : [];
  } catch { // no storage, or not ours
    return [];
  }
}

function store(products) {
  try {
    localStorage.setItem(KEY, JSON.stringify(products));
  } catch { /* no storage */ }
}

function item({ title, url, image }) {
  const link = Object.assign(document.createElement("a"), { href: url });
  if (isOurs(image)) link.append(Object.assign(new Image(120, 90), { src: image, alt: "", loading: "lazy" }));
  link.append(title);
  const row = document.createElement("li");
  row.append(link);
  return row;
}

const { title, url, image } = section.dataset;
const others = read().filter((each) => each.url !== url).slice(0, STORED - 1);
store([{ title, url, image }, ...others]);
section.querySelector("ul").append(...others.map(item));
section.hidden = !others.length;

section.querySelector("button").addEventListener("click", () => {
  try {
    localStorage.removeItem(KEY);
  } catch { /* no storage */ }
  section.hidden = true;
  document.getElementById("content").focus();
});
