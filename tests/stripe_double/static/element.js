/* The card fields inside the Payment Element's frame. */
(() => {
  "use strict";
  const form = document.forms[0];
  const {number, expiry, cvc} = form.elements;
  const NAMES = {card: "Card", apple_pay: "Apple Pay", google_pay: "Google Pay", link: "Link"};
  const WALLET_CARD = {number: "4242424242424242", exp_month: 12, exp_year: 2039};
  let selected = "card";
  const fields = [number, expiry, cvc];
  const digits = text => text.replace(/\D/g, "");
  const VARIABLES = {
    colorText: "--text", colorTextSecondary: "--soft", colorBackground: "--background", colorPrimary: "--primary",
    colorDanger: "--danger", borderRadius: "--radius", fontFamily: "--font", fontSizeBase: "--size",
  };

  /* Stripe's appearance option: a theme, and some of its variables. */
  function dress({theme = "stripe", variables = {}} = {}) {
    document.documentElement.dataset.theme = theme;
    for (const [name, value] of Object.entries(variables))
      if (VARIABLES[name]) document.documentElement.style.setProperty(VARIABLES[name], value);
  }

  const isAmex = () => /^3[47]/.test(digits(number.value));

  function luhn(text) {
    const sum = [...text].reverse().reduce((total, digit, place) => {
      const doubled = place % 2 ? digit * 2 : Number(digit);
      return total + (doubled > 9 ? doubled - 9 : doubled);
    }, 0);
    return sum % 10 === 0;
  }

  function numberError() {
    const typed = digits(number.value);
    if (typed.length < (isAmex() ? 15 : /^3[068]/.test(typed) ? 14 : 16)) return ["incomplete_number", "Your card number is incomplete."];
    return luhn(typed) ? null : ["invalid_number", "Your card number is invalid."];
  }

  function expiryParts() {
    const typed = digits(expiry.value);
    return {typed, month: Number(typed.slice(0, 2)), year: 2000 + Number(typed.slice(-2))};
  }

  function expiryError() {
    const {typed, month, year} = expiryParts();
    if ((typed.length !== 4 && typed.length !== 6) || month < 1 || month > 12) return ["incomplete_expiry", "Your card's expiration date is incomplete."];
    const today = new Date();
    const past = year * 12 + month < today.getFullYear() * 12 + today.getMonth() + 1;
    return past ? ["invalid_expiry_year_past", "Your card's expiration date is in the past."] : null;
  }

  function cvcError() {
    return digits(cvc.value).length < (isAmex() ? 4 : 3) ? ["incomplete_cvc", "Your card's security code is incomplete."] : null;
  }

  const checks = new Map([[number, numberError], [expiry, expiryError], [cvc, cvcError]]);

  function show(field, problem) {
    document.getElementById(`${field.id}-error`).textContent = problem ? problem[1] : "";
    if (problem) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }

  /* One radio button for each wallet, as in the real accordion; a wallet has no fields here. */
  function offer(wallets) {
    const list = document.getElementById("methods");
    list.hidden = !wallets.length;
    for (const method of ["card", ...wallets]) {
      const label = document.createElement("label");
      const radio = Object.assign(document.createElement("input"), {type: "radio", name: "method", value: method, checked: method === selected});
      label.append(radio, NAMES[method]);
      list.append(label);
    }
  }

  function select(method) {
    selected = method;
    document.getElementById("card-fields").hidden = method !== "card";
  }

  /* Every field is marked; the first wrong one gets the focus and is the error. */
  function validate() {
    if (selected !== "card") return {};
    let first = null;
    for (const field of fields) {
      const problem = checks.get(field)();
      show(field, problem);
      if (problem && !first) { first = problem; field.focus(); }
    }
    return first ? {error: {type: "validation_error", code: first[0], message: first[1]}} : {};
  }

  function encode(value, name = "", body = new URLSearchParams()) {
    if (value === null || value === undefined) return body;
    if (typeof value !== "object") body.append(name, value);
    else for (const [key, inner] of Object.entries(value)) encode(inner, name ? `${name}[${key}]` : key, body);
    return body;
  }

  async function makeToken(data) {
    const checked = validate();
    if (checked.error) return checked;
    const {month, year} = expiryParts();
    const typed = {number: digits(number.value), exp_month: month, exp_year: year, cvc: digits(cvc.value)};
    const card = selected === "card" ? typed : WALLET_CARD;
    const request = {...data, payment_method_data: {...data.payment_method_data, type: "card", card}};
    try {
      const answer = await fetch("/v1/confirmation_tokens", {method: "POST", body: encode(request)});
      const body = await answer.json();
      return answer.ok ? {body} : {error: body.error};
    } catch {
      return {error: {type: "api_connection_error", message: "The connection to the payment service failed. Please try again."}};
    }
  }

  const operations = {
    validate,
    token: makeToken,
    dress: appearance => { dress(appearance); return {}; },
    focus: () => { number.focus(); return {}; },
    clear: () => { form.reset(); for (const field of fields) show(field, null); tellChange(); return {}; },
  };

  const tell = message => window.parent.postMessage(message, "*");

  function tellChange() {
    const byWallet = selected !== "card";
    const complete = byWallet || fields.every(field => checks.get(field)() === null);
    const empty = !byWallet && fields.every(field => !field.value);
    tell({event: "change", detail: {complete, empty, collapsed: false, value: {type: selected}}});
  }

  function group(text, sizes) {
    const parts = [];
    for (const size of sizes) {
      if (text) parts.push(text.slice(0, size));
      text = text.slice(size);
    }
    return parts.join(" ");
  }

  /* Keep the caret where it is unless the reader types at the end. */
  function rewrite(field, text) {
    if (field.selectionEnd === field.value.length) field.value = text;
  }

  number.addEventListener("input", () => rewrite(number, group(digits(number.value), isAmex() ? [4, 6, 5] : [4, 4, 4, 4, 3])));
  expiry.addEventListener("input", event => {
    const typed = digits(expiry.value);
    const deleting = (event.inputType || "").startsWith("delete");
    if (typed.length > 2 && !deleting) rewrite(expiry, `${typed.slice(0, 2)} / ${typed.slice(2)}`);
  });
  form.addEventListener("input", event => {
    if (fields.includes(event.target)) show(event.target, null);
    else select(event.target.value);
    tellChange();
  });
  for (const field of fields)
    field.addEventListener("blur", () => { if (field.value) show(field, checks.get(field)()); });
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("focusin", () => tell({event: "focus"}));
  form.addEventListener("focusout", () => tell({event: "blur"}));

  window.addEventListener("message", async event => {
    if (event.source !== window.parent) return;
    const {id, operation, data} = event.data;
    const result = await operations[operation](data);
    event.source.postMessage({id, result}, event.origin);
  });

  new ResizeObserver(() => tell({height: Math.ceil(document.documentElement.getBoundingClientRect().height)}))
    .observe(document.documentElement);
  const settings = JSON.parse(decodeURIComponent(location.hash.slice(1)) || "{}");
  dress(settings.appearance);
  // all but Link use the Payment Request API, which the page's Permissions-Policy gives to this frame
  const mayPay = document.featurePolicy?.allowsFeature("payment") ?? true;
  offer((settings.wallets || []).filter(wallet => wallet === "link" || mayPay));
  tell({event: "ready"});
})();
