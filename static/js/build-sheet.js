/* Parts of the build sheet can be dragged or moved by arrow keys; results follow. Without us the
   table and its button do the same. */
const form = document.querySelector("[data-build-form]");
let request, timer;

const result = () => document.getElementById("build-result");
const field = (part) => form.querySelector(`[data-x="${part.dataset.part}"]`);

async function update() {
  request?.abort();
  request = new AbortController();
  const url = new URL(form.action);
  url.search = new URLSearchParams(new FormData(form));
  try {
    const response = await fetch(url, { signal: request.signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const focused = document.activeElement?.dataset?.part;
    result().replaceWith(page.getElementById("build-result"));
    history.replaceState(null, "", url);
    prepare();
    if (focused) result().querySelector(`[data-part="${focused}"]`)?.focus();
  } catch { /* a newer change replaced this one, or there is no network: the button still works */ }
}

function soon(delay = 250) {
  clearTimeout(timer);
  timer = setTimeout(update, delay);
}

function place(part, mm) {
  const { first, last } = part.ownerSVGElement.dataset;
  const value = Math.round(Math.min(Math.max(mm, Number(first)), Number(last)));
  part.dataset.value = value;
  part.setAttribute("transform", `translate(${value} ${part.dataset.y})`);
  part.setAttribute("aria-valuenow", value);
  field(part).value = value;
}

function drag(event) {
  const part = event.currentTarget;
  const svg = part.ownerSVGElement;
  const at = ({ clientX, clientY }) =>
    new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse()).x;
  const offset = Number(part.dataset.value) - at(event);
  part.setPointerCapture(event.pointerId);
  part.onpointermove = (move) => place(part, at(move) + offset);
  part.onpointerup = part.onpointercancel = () => {
    part.onpointermove = part.onpointerup = part.onpointercancel = null;
    soon(0);
  };
}

function press(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
  if (!step) return;
  event.preventDefault();
  place(event.currentTarget, Number(event.currentTarget.dataset.value) + step * (event.shiftKey ? 10 : 1));
  soon();
}

function prepare() {
  const svg = result().querySelector("[data-build-drawing]");
  for (const part of svg.querySelectorAll("[data-part]")) {
    const values = {
      tabindex: 0, role: "slider", "aria-label": part.dataset.label, "aria-valuenow": part.dataset.value,
      "aria-valuemin": svg.dataset.first, "aria-valuemax": svg.dataset.last,
    };
    for (const [name, value] of Object.entries(values)) part.setAttribute(name, value);
    part.addEventListener("pointerdown", drag);
    part.addEventListener("keydown", press);
  }
  result().querySelector("[data-build-hint]").hidden = false;
}

form.addEventListener("change", ({ target }) => {
  if (target.name === "x" || target.name === "n") soon();
  else form.requestSubmit(); // another part: its name, weight and price are in the table
});
prepare();
