/* Pays on the checkout page and on the page of an order that waits. The card field is Stripe's;
   the server places the order, confirms the payment, and says what happens next. */
const form = document.querySelector("[data-checkout]");
const find = (name, within = form) => within.querySelector(`[data-${name}]`);
const money = new Intl.NumberFormat("en-CA", { style: "currency", currency: "CAD" });
const OFFLINE = "We could not be reached. Check your connection and press Pay again: you are never charged twice.";
const STALE = "This page has been open too long. Reload it, then pay.";

const state = { busy: false, payUrl: form.dataset.pay, refresh: null, stripe: null, elements: null };

/* --- The card field ------------------------------------------------------------------------- */

function appearance() {
  const css = getComputedStyle(document.documentElement);
  const token = (name) => css.getPropertyValue(name).trim();
  return {
    theme: matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "stripe",
    variables: {
      colorPrimary: token("--sky"), colorBackground: token("--surface"), colorText: token("--ink"),
      colorTextSecondary: token("--ink-soft"), colorDanger: token("--fault"),
      borderRadius: token("--radius"), fontFamily: token("--font"), fontSizeBase: "17px",
    },
  };
}

const cents = () => Number(document.getElementById("order-sums").dataset.cents);
const isComplete = () => document.getElementById("order-sums").dataset.complete === "yes";

function showTotal() {
  find("total").textContent = isComplete() ? money.format(cents() / 100) : "";
}

function mountCard() {
  const host = find("card");
  for (const part of form.querySelectorAll("[data-card-part], [data-pay-part], [data-with-script]"))
    part.hidden = false;
  showTotal();
  if (!window.Stripe) {
    say("The card field could not be loaded. Reload the page, or order by telephone.");
    return;
  }
  state.stripe = window.Stripe(host.dataset.key);
  state.elements = state.stripe.elements({
    mode: "payment", amount: Math.max(cents(), 50), currency: "cad", captureMethod: "manual",
    allowedPaymentMethodTypes: ["card"], appearance: appearance(),
  });
  const wallets = { applePay: "never", googlePay: "never", link: "never" }; // each is "auto" otherwise
  state.elements.create("payment", { wallets }).mount(host);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    state.elements.update({ appearance: appearance() }));
}

/* --- What the page says --------------------------------------------------------------------- */

function say(text) {
  find("progress").textContent = text;
}

function setBusy(busy, text = "") {
  state.busy = busy;
  find("pay-button").disabled = busy;
  form.setAttribute("aria-busy", String(busy));
  say(text);
}

function controlOf(name) {
  return form.querySelector(`[name="${CSS.escape(name)}"]:not([type="hidden"])`);
}

function clearErrors() {
  find("errors").hidden = true;
  find("pay-problem").hidden = true;
  for (const list of form.querySelectorAll(".errorlist")) list.remove();
  for (const control of form.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    control.removeAttribute("aria-describedby");
    const hint = control.id && document.getElementById(`${control.id}_helptext`);
    if (hint) control.setAttribute("aria-describedby", hint.id);
  }
}

/* What is typed anew is no longer wrong until it is checked again. */
function clearErrorOf(name) {
  document.getElementById(`id_${name}_error`)?.remove();
  controlOf(name)?.removeAttribute("aria-invalid");
}

function listItem(text, href) {
  const item = document.createElement("li");
  const inner = href ? document.createElement("a") : item;
  if (href) { inner.href = href; item.append(inner); }
  inner.textContent = text;
  return item;
}

/* One sentence beside each field, all of them in the summary, the cursor in the first field. */
function showErrors(errors) {
  let first = null;
  const items = [];
  for (const [name, sentences] of Object.entries(errors)) {
    const control = controlOf(name);
    items.push(...sentences.map((each) => listItem(each, control && `#${control.id}`)));
    if (!control) continue;
    first ??= control;
    const list = document.createElement("ul");
    list.className = "errorlist";
    list.id = `id_${name}_error`;
    list.append(...sentences.map((each) => listItem(each)));
    (control.closest("fieldset, .field") || control.parentElement).append(list);
    control.setAttribute("aria-invalid", "true");
    const described = [control.getAttribute("aria-describedby"), list.id].filter(Boolean).join(" ");
    control.setAttribute("aria-describedby", described);
  }
  const many = items.length === 1 ? "1 thing" : `${items.length} things`;
  showSummary(`Please look at ${many} again`, items);
  (first || find("errors")).focus();
}

function showSummary(heading, items = []) {
  find("errors-heading").textContent = heading;
  find("errors-list").replaceChildren(...items);
  find("errors").hidden = false;
}

/* What went wrong with the payment stands right above the button. */
function showProblem(message) {
  const box = find("pay-problem");
  box.querySelector("p").textContent = message;
  box.hidden = false;
  box.focus();
}

/* --- Price: asked anew when the address or the service changes -------------------------------- */

function takeIn(html) {
  const focused = document.activeElement?.id;
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const id of ["delivery-choices", "order-sums"]) {
    const here = document.getElementById(id);
    const there = fresh.getElementById(id);
    if (here && there) here.replaceWith(there);
  }
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
  if (state.elements && cents() >= 50) state.elements.update({ amount: cents() });
  showTotal();
}

/* The texts changed since the page was made: the present ones, with an empty box. */
function showAgreement(html) {
  if (!html) return;
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-agreement]");
  find("agreement").replaceWith(fresh);
}

let asking = null;

async function refreshQuote() {
  asking?.abort();
  asking = new AbortController();
  try {
    const answer = await fetch(form.dataset.quote, {
      method: "POST", body: new FormData(form), signal: asking.signal,
    });
    if (answer.ok) takeIn(await answer.text());
    else if (answer.status === 409) location.assign("/cart/");
  } catch { /* a newer question, or no connection: paying checks the price again */ }
}

function onChange(event) {
  const { name } = event.target;
  for (const each of name === "country" ? [name, "province", "postcode"] : [name]) clearErrorOf(each);
  if (!form.dataset.quote || state.payUrl !== form.dataset.pay) return;
  if (!["country", "province", "postcode", "service"].includes(event.target.name)) return;
  const mine = refreshQuote().finally(() => { if (state.refresh === mine) state.refresh = null; });
  state.refresh = mine;
}

/* --- Paying ---------------------------------------------------------------------------------- */

async function post(url, extra) {
  const body = new FormData(form);
  for (const [name, value] of Object.entries(extra)) body.set(name, value);
  const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
  if (answer.status === 403) return { outcome: "invalid", message: STALE };
  return answer.json();
}

/* The order is written down: its address and its total stay, only the card may change. */
function fixOrder(retry) {
  if (!retry || state.payUrl === retry) return;
  state.payUrl = retry;
  history.replaceState(null, "", retry);
  for (const part of form.querySelectorAll("[data-fixed-when-ordered]")) part.inert = true;
  const after = find("after-order");
  if (after) after.hidden = false;
}

async function takeAction({ client_secret: clientSecret, redirect, retry }) {
  fixOrder(retry);
  say("Your bank asks you to confirm. Please follow its page.");
  await state.stripe.handleNextAction({ clientSecret });
  say("Thank you. We look up how the payment went."); // the server knows, also where it failed
  location.assign(redirect);
}

const outcomes = {
  placed: ({ redirect }) => location.replace(redirect),
  stopped: ({ redirect }) => location.assign(redirect),
  action: takeAction,
  invalid: ({ errors, message, agreement }) => {
    setBusy(false);
    showAgreement(agreement);
    if (errors && Object.keys(errors).length) showErrors(errors);
    else showProblem(message);
  },
  changed: ({ html, message, changes }) => {
    takeIn(html);
    setBusy(false);
    showSummary(message, changes.map((each) => listItem(each)));
    find("errors").focus();
  },
  declined: ({ message, retry }) => {
    fixOrder(retry);
    setBusy(false);
    showProblem(message);
  },
  unknown: ({ message, retry }) => {
    fixOrder(retry);
    setBusy(false);
    showProblem(message);
  },
};

async function priceHasSettled() {
  if (!state.refresh) return true;
  const shown = cents();
  setBusy(true, "Working out the total …");
  await state.refresh;
  setBusy(false);
  if (shown === cents()) return true;
  showProblem(`The total is now ${money.format(cents() / 100)}. Press Pay again if that is right.`);
  return false;
}

async function makeToken() {
  const checked = await state.elements.submit();
  if (checked.error) return null; // the card field says what is wrong
  const { confirmationToken, error } = await state.stripe.createConfirmationToken({
    elements: state.elements, params: { return_url: new URL("/checkout/thank-you/", location.href).href },
  });
  if (error) showProblem(error.message);
  return confirmationToken || null;
}

/* The card is not complete: what is wrong above it is said as well, and comes first. */
async function tellAllThatIsMissing() {
  const { errors = {}, agreement } = form.dataset.quote ? await post(state.payUrl, { check: "1" }) : {};
  setBusy(false, "Please look at the card field.");
  showAgreement(agreement);
  if (Object.keys(errors).length) showErrors(errors);
}

async function pay(event) {
  event.preventDefault();
  if (state.busy || !state.elements) return;
  clearErrors();
  if (!(await priceHasSettled())) return;
  setBusy(true, "Checking your card …");
  try {
    const token = await makeToken();
    if (!token) { await tellAllThatIsMissing(); return; }
    say("Placing your order …");
    const answer = await post(state.payUrl, { confirmation_token: token.id });
    await (outcomes[answer.outcome] || outcomes.invalid)(answer);
  } catch {
    setBusy(false);
    showProblem(OFFLINE);
  }
}

function changeOrder() {
  const url = state.payUrl.replace("/retry/", "/change/");
  const sender = document.createElement("form");
  sender.method = "post";
  sender.action = url;
  sender.append(form.elements.csrfmiddlewaretoken.cloneNode());
  document.body.append(sender);
  sender.submit();
}

form.addEventListener("submit", pay);
form.addEventListener("change", onChange);
find("change-order")?.addEventListener("click", changeOrder);
mountCard();
