/* Pays on the checkout page and on the page of an unpaid order. Stripe's Payment Element takes the
   card; the server places the order, confirms the payment and says what happens next. */
const form = document.querySelector("[data-checkout]");
const config = JSON.parse(document.getElementById("card-field").textContent); // card_field.py
const { messages } = config;
const find = (name) => form.querySelector(`[data-${name}]`);
const money = new Intl.NumberFormat("en-CA", { style: "currency", currency: "CAD" });
const darkTheme = matchMedia("(prefers-color-scheme: dark)");
const SMALLEST_AMOUNT = 50; // cents, Stripe's limit

const state = { busy: false, payUrl: form.dataset.pay, stripe: null, elements: null, amount: 0 };

/* --- Card field ------------------------------------------------------------------------------ */

function appearance() {
  const css = getComputedStyle(document.documentElement);
  const token = (name) => css.getPropertyValue(name).trim();
  return {
    theme: darkTheme.matches ? "night" : "stripe",
    variables: {
      colorPrimary: token("--sky"), colorBackground: token("--surface"), colorText: token("--ink"),
      colorTextSecondary: token("--ink-soft"), colorDanger: token("--fault"),
      borderRadius: token("--radius"), fontFamily: token("--font"), fontSizeBase: "17px",
    },
  };
}

const total = () => document.getElementById("order-summary").dataset;
const cents = () => Number(total().cents);
const formattedTotal = () => money.format(cents() / 100);

function showTotal() {
  find("total").textContent = total().complete === "yes" ? formattedTotal() : "";
  const amount = Math.max(cents(), SMALLEST_AMOUNT);
  if (amount !== state.amount) state.elements?.update({ amount });
  state.amount = amount;
}

function mountCard() {
  state.stripe = window.Stripe(config.key);
  state.elements = state.stripe.elements({ ...config.elements, amount: state.amount, appearance: appearance() });
  const element = state.elements.create("payment", config.paymentElement);
  element.on("loaderror", () => setStatus(messages.unavailable));
  element.mount(find("card"));
  darkTheme.addEventListener("change", () => state.elements.update({ appearance: appearance() }));
}

function start() {
  for (const part of form.querySelectorAll("[data-needs-script]"))
    part.hidden = false;
  showTotal();
  if (!isSameAddress()) showBillingFields();
  try {
    mountCard();
  } catch (error) {
    state.elements = null;
    setStatus(messages.unavailable);
    throw error;
  }
}

/* --- Messages -------------------------------------------------------------------------------- */

function setStatus(text) {
  find("progress").textContent = text;
}

function setBusy(busy, text = "") {
  state.busy = busy;
  find("pay-button").disabled = busy;
  form.setAttribute("aria-busy", String(busy));
  setStatus(text);
}

/* Above the button: what went wrong with the payment. */
function showProblem(message) {
  const box = find("pay-problem");
  box.querySelector("p").textContent = message;
  box.hidden = false;
  box.focus();
}

function listItem(text, href) {
  const item = document.createElement("li");
  const inner = href ? document.createElement("a") : item;
  if (href) { inner.href = href; item.append(inner); }
  inner.textContent = text;
  return item;
}

function showSummary(heading, items) {
  find("errors-heading").textContent = heading;
  find("errors-list").replaceChildren(...items);
  find("errors").hidden = false;
}

const fieldNamed = (name) => form.querySelector(`[name="${CSS.escape(name)}"]:not([type="hidden"])`);

function markField(field, list) {
  field.closest(".field[hidden]")?.removeAttribute("hidden"); // a checkbox that was not needed before
  (field.closest("fieldset, .field") || field.parentElement).append(list);
  field.setAttribute("aria-invalid", "true");
  const described = [field.getAttribute("aria-describedby"), list.id].filter(Boolean).join(" ");
  field.setAttribute("aria-describedby", described);
}

/* Errors appear at each field and in the summary; the first field gets the focus. */
function showFieldErrors(errors) {
  const fields = [];
  const items = [];
  for (const [name, texts] of Object.entries(errors)) {
    const field = fieldNamed(name);
    items.push(...texts.map((text) => listItem(text, field && `#${field.id}`)));
    if (!field) continue;
    const list = document.createElement("ul");
    list.className = "errorlist";
    list.id = `id_${name}_error`;
    list.append(...texts.map((text) => listItem(text)));
    markField(field, list);
    fields.push(field);
  }
  showSummary(messages.fixErrors, items);
  (fields[0] || find("errors")).focus();
}

function clearErrors() {
  find("errors").hidden = true;
  find("pay-problem").hidden = true;
  for (const list of form.querySelectorAll(".errorlist")) list.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
    const hint = field.id && document.getElementById(`${field.id}_helptext`);
    if (hint) field.setAttribute("aria-describedby", hint.id);
  }
}

function clearFieldError(name) {
  document.getElementById(`id_${name}_error`)?.remove();
  fieldNamed(name)?.removeAttribute("aria-invalid");
}

/* --- Quote: shipping methods and totals for the address being typed ----------------------------- */

const parse = (html) => new DOMParser().parseFromString(html, "text/html");

function replaceQuote(html) {
  const focused = document.activeElement?.id;
  const quote = parse(html);
  for (const id of ["shipping-methods", "order-summary", "charge-timing"]) {
    const current = document.getElementById(id);
    const updated = quote.getElementById(id);
    if (!current || !updated) continue;
    if ("shown" in current.dataset && current.dataset.shown === updated.dataset.shown) continue; // keeps its tick
    current.replaceWith(updated);
  }
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
  showTotal();
}

/* Policies changed since the page was made: the current versions, with an unticked box. */
function replaceAcceptance(html) {
  if (html) find("acceptance").replaceWith(parse(html).querySelector("[data-acceptance]"));
}

let quoteRequest = null; // { controller, done } while one is under way

async function fetchQuote(signal) {
  try {
    const response = await fetch(form.dataset.quote, { method: "POST", body: new FormData(form), signal });
    if (response.ok) replaceQuote(await response.text());
    else if (response.status === 409) location.assign(config.cartUrl);
  } catch { /* a newer request, or offline: paying checks the total again */ }
}

function refreshQuote() {
  quoteRequest?.controller.abort();
  const controller = new AbortController();
  const request = { controller, done: fetchQuote(controller.signal) };
  quoteRequest = request;
  request.done.finally(() => { if (quoteRequest === request) quoteRequest = null; });
}

function onChange({ target: { name } }) {
  for (const each of name === "country" ? [name, "province", "postcode"] : [name]) clearFieldError(each);
  if (!form.dataset.quote || state.payUrl !== form.dataset.pay) return;
  if (["country", "province", "postcode", "shipping_method"].includes(name)) refreshQuote();
}

/* --- Billing details: Stripe gets them with the card ------------------------------------------- */

const billingForm = document.getElementById("billing-address"); // its fields are in the page's form, and not sent
const isSameAddress = () => find("billing-same")?.checked ?? false; // without a shipping address there is no checkbox
const visibleFields = (owner) => [...owner.elements].filter(({ name, type }) => name && type !== "hidden");

function valuesOf(owner) {
  const named = visibleFields(owner).map((field) => [field.name.replace("billing-", ""), field.value.trim()]);
  return Object.fromEntries(named);
}

const orNull = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value || null]));

/* Chrome sends the domain of an email address in ASCII, as we store it; other browsers do not. */
function inAscii(email) {
  const start = email.lastIndexOf("@") + 1;
  const url = URL.parse?.(`http://${email.slice(start)}`);
  return start && url ? email.slice(0, start) + url.hostname : email;
}

/* Stripe.js wants every part named, since the Payment Element does not ask; Stripe accepts no empty one. */
function billingDetails() {
  const shopper = { ...config.payer, ...valuesOf(form) };
  const payer = isSameAddress() ? shopper : valuesOf(billingForm);
  const { first_name: first, last_name: last, line1, line2, city, province: state, postcode, country } = payer;
  const address = orNull({ line1, line2, city, state, postal_code: postcode, country });
  return { ...orNull({ name: `${first} ${last}`.trim(), email: inAscii(shopper.email || "") }), address };
}

function showBillingFields() {
  if (!isSameAddress() && !find("billing-fields"))
    find("billing").append(find("billing-template").content);
  find("billing-fields").hidden = isSameAddress();
}

const missingFields = (owner) => visibleFields(owner).filter((field) => field.validity.valueMissing);

/* The shop never sees these fields, so the page itself says what is missing. */
function billingErrors() {
  if (isSameAddress()) return {};
  const [country, ...inPlaces] = ["country", "province", "postcode"].map((name) => fieldNamed(`billing-${name}`));
  for (const field of inPlaces) field.required = ["CA", "US"].includes(country.value);
  const missing = missingFields(billingForm).map((field) => [field.name, [field.dataset.missing]]);
  return Object.fromEntries(missing);
}

/* --- Payment --------------------------------------------------------------------------------- */

/* Also the proxy limits attempts, and its page is not JSON. */
const isJson = (response) => response.headers.get("Content-Type")?.startsWith("application/json");

async function post(fields) {
  const body = new FormData(form);
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  const response = await fetch(state.payUrl, { method: "POST", body, headers: { Accept: "application/json" } });
  if (response.status === 429 && !isJson(response)) return { outcome: "invalid", message: messages.tooMany };
  if (response.status === 403) return { outcome: "invalid", message: messages.expired };
  return response.json();
}

/* Once the order is placed its address and total are fixed; only the card may change. */
function lockOrder(retryUrl) {
  if (!retryUrl || state.payUrl === retryUrl) return;
  state.payUrl = retryUrl;
  history.replaceState(null, "", retryUrl);
  for (const part of form.querySelectorAll("[data-locked-after-order]")) part.inert = true;
  const notice = find("after-order");
  if (notice) notice.hidden = false;
}

function paymentFailed({ message, retry }) {
  lockOrder(retry);
  setBusy(false);
  showProblem(message);
}

const outcomes = {
  placed: ({ redirect }) => location.replace(redirect),
  stopped: ({ redirect }) => location.assign(redirect),
  async action({ client_secret: clientSecret, redirect, retry }) {
    lockOrder(retry);
    setStatus(messages.confirmWithBank);
    await state.stripe.handleNextAction({ clientSecret });
    setStatus(messages.checkingPayment); // the server asks Stripe, also where this failed
    location.assign(redirect);
  },
  invalid({ errors, message, acceptance }) {
    setBusy(false);
    replaceAcceptance(acceptance);
    if (errors && Object.keys(errors).length) showFieldErrors(errors);
    else showProblem(message);
  },
  changed({ html, message, changes }) {
    replaceQuote(html);
    setBusy(false);
    showSummary(message, changes.map((text) => listItem(text)));
    find("errors").focus();
  },
  declined: paymentFailed,
  unknown: paymentFailed,
};

/* Waits for a quote that is under way; false if it changed the total that the shopper saw. */
async function totalIsUnchanged() {
  if (!quoteRequest) return true;
  const seen = cents();
  setStatus(messages.updatingTotal);
  while (quoteRequest) await quoteRequest.done;
  return seen === cents();
}

const isNewOrder = () => find("acceptance") && state.payUrl === form.dataset.pay;
const isIncomplete = () => missingFields(form).length > 0 || Object.keys(billingErrors()).length > 0;

async function fieldErrors() {
  const { errors, acceptance } = isNewOrder() ? await post({ check: "1" }) : {};
  replaceAcceptance(acceptance);
  const found = { ...errors, ...billingErrors() };
  return Object.keys(found).length ? found : null;
}

async function placeOrder() {
  const { confirmationToken, error } = await state.stripe.createConfirmationToken({
    elements: state.elements,
    params: {
      return_url: new URL(config.returnUrl, location.href).href,
      payment_method_data: { billing_details: billingDetails() },
    },
  });
  if (error) { // it may be about a field of this page
    const errors = await fieldErrors();
    return errors ? { outcome: "invalid", errors } : { outcome: "declined", message: error.message };
  }
  setStatus(messages.placingOrder);
  return post({ confirmation_token: confirmationToken.id });
}

async function completePayment(submitted) {
  const { error } = await submitted;
  if (!(await totalIsUnchanged())) {
    setBusy(false);
    showProblem(messages.totalChanged.replace("%(total)s", formattedTotal()));
    return;
  }
  const errors = error || isIncomplete() ? await fieldErrors() : null; // nothing goes to Stripe before
  if (error || errors) {
    setBusy(false, error?.message); // the card field shows its own error as well
    if (errors) showFieldErrors(errors);
  } else {
    const response = await placeOrder();
    await (outcomes[response.outcome] || outcomes.invalid)(response);
  }
}

/* A browser opens a wallet only while it handles the click: nothing may be awaited before submit(). */
async function pay(event) {
  if (event.submitter?.hasAttribute("formaction")) return; // leaves the page, and keeps what was typed
  event.preventDefault();
  if (state.busy || !state.elements) return;
  clearErrors();
  setBusy(true, messages.checkingCard);
  try {
    await completePayment(state.elements.submit());
  } catch (error) {
    console.error(error);
    setBusy(false);
    showProblem(messages.offline);
  }
}

function changeOrder() {
  const changeForm = document.createElement("form");
  changeForm.method = "post";
  changeForm.action = state.payUrl.replace("/retry/", "/change/");
  changeForm.append(form.elements.csrfmiddlewaretoken.cloneNode());
  document.body.append(changeForm);
  changeForm.submit();
}

form.addEventListener("submit", pay);
form.addEventListener("change", onChange);
find("billing-same")?.addEventListener("change", showBillingFields);
find("change-order")?.addEventListener("click", changeOrder);
start();
