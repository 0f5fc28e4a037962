/* Stripe.js, doubled: what a page with a Payment Element calls when the server confirms
   (docs.stripe.com/payments/finalize-payments-on-the-server).
   The card is typed into a frame of this script's origin, as at Stripe. Nothing here writes a
   style attribute: styles are set one property at a time, which a strict CSP allows. */
(() => {
  "use strict";
  const ACCEPTED = OPTIONS_JSON; // the server puts options.json here
  const ORIGIN = new URL(document.currentScript.src).origin;
  const WALLETS = {applePay: "apple_pay", googlePay: "google_pay", link: "link"};
  let frames = 0;
  let userActivated = false;

  class IntegrationError extends Error {
    constructor(message) { super(message); this.name = "IntegrationError"; }
  }

  function demand(condition, message) {
    if (!condition) throw new IntegrationError(message);
  }

  const isObject = value => typeof value === "object" && value !== null && !Array.isArray(value);

  const PRIMITIVES = {
    "object": isObject,
    "object[]": value => Array.isArray(value) && value.every(isObject),
    "string[]": value => Array.isArray(value) && value.every(each => typeof each === "string"),
    "null": value => value === null,
  };

  function checkValue(type, value, at) {
    if (isObject(type)) return checkObject(type, value, at);
    for (const each of type.split(" | ")) {
      const named = ACCEPTED.types[each];
      if (isObject(named) ? isObject(value) : named) return checkValue(named, value, at);
      if (each.startsWith("'") ? `'${value}'` === each : (PRIMITIVES[each] || (known => typeof known === each))(value)) return;
    }
    throw new IntegrationError(`Invalid value for ${at}: expected ${type}, got ${JSON.stringify(value)}.`);
  }

  function checkObject(shape, value, at) {
    demand(isObject(value), `Invalid value for ${at}: expected an object.`);
    for (const name of Object.keys(value))
      demand(name in shape || `${name}?` in shape, `${at}: ${name} is not an accepted parameter.`);
    for (const [declared, type] of Object.entries(shape)) {
      const name = declared.replace("?", "");
      if (value[name] !== undefined) checkValue(type, value[name], `${at}.${name}`);
      else demand(declared.endsWith("?"), `${at}: ${name} is required.`);
    }
  }

  /* Throws for a name or a value that Stripe.js does not accept in this call. */
  function accept(call, options) {
    checkObject(ACCEPTED.calls[call].options, options, `${call}()`);
  }

  /* What the page told the Payment Element never to ask for must come with the token; null will do. */
  function demandBillingDetails({billingDetails: asked} = {}, given = {}) {
    const named = {address: asked, email: asked, name: asked, phone: asked, ...(isObject(asked) ? asked : {})};
    const parts = Object.fromEntries(["city", "country", "line1", "line2", "postalCode", "state"].map(part => [part, named.address]));
    const never = ["email", "name", "phone"].filter(name => named[name] === "never");
    const address = {...parts, ...(isObject(named.address) ? named.address : {})};
    for (const part of Object.keys(parts)) if (address[part] === "never") never.push(`address.${part.replace("postalCode", "postal_code")}`);
    for (const path of never) {
      const value = path.split(".").reduce((found, name) => found?.[name], given);
      demand(value !== undefined, `You specified "never" for fields.billing_details.${path} when creating the payment Element, `
        + `but did not pass params.payment_method_data.billing_details.${path} when calling stripe.createConfirmationToken().`);
    }
  }

  /* Browsers open a wallet only within the task of the click, not after an answer was waited for. */
  for (const kind of ["click", "submit"])
    window.addEventListener(kind, event => {
      if (!event.isTrusted) return;
      userActivated = true;
      setTimeout(() => { userActivated = false; });
    }, true);

  /* {a: {b: 1}} as a[b]=1, the way Stripe's API reads it. */
  function encode(value, name = "", form = new URLSearchParams()) {
    if (value === null || value === undefined) return form;
    if (typeof value !== "object") form.append(name, value);
    else for (const [key, inner] of Object.entries(value)) encode(inner, name ? `${name}[${key}]` : key, form);
    return form;
  }

  async function call(method, path, data) {
    const form = encode(data);
    try {
      const answer = method === "GET"
        ? await fetch(`${ORIGIN}${path}?${form}`)
        : await fetch(`${ORIGIN}${path}`, {method, body: form});
      const body = await answer.json();
      return answer.ok ? {body} : {error: body.error};
    } catch {
      return {error: {type: "api_connection_error", message: "The connection to the payment service failed. Please try again."}};
    }
  }

  function makeFrame(page, title, settings) {
    const frame = document.createElement("iframe");
    frames += 1;
    frame.name = `__privateStripeFrame${frames}`;
    frame.title = title;
    frame.allow = "payment *";
    frame.src = `${ORIGIN}/${page}#${encodeURIComponent(JSON.stringify(settings))}`;
    Object.assign(frame.style, {border: "0", width: "100%", display: "block", colorScheme: "light only"});
    return frame;
  }

  /* Calls `hear` with each message from the frame; the answer stops it. */
  function listenTo(frame, hear) {
    const handler = event => {
      if (event.origin === ORIGIN && event.source === frame.contentWindow) hear(event.data);
    };
    window.addEventListener("message", handler);
    return () => window.removeEventListener("message", handler);
  }

  function ask(frame, operation, data = {}) {
    return new Promise(resolve => {
      const id = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());
      const stop = listenTo(frame, message => {
        if (message.id !== id) return;
        stop();
        resolve(message.result);
      });
      frame.contentWindow.postMessage({id, operation, data}, ORIGIN);
    });
  }

  function checkOptions(options) {
    accept("stripe.elements", options);
    demand(Number.isInteger(options.amount) && options.amount > 0, "elements(): amount must be a whole number of cents above 0.");
    demand(/^[a-z]{3}$/.test(options.currency), "elements(): currency must be a lower-case currency code.");
    demand(options.allowedPaymentMethodTypes?.includes("card") ?? true, "The double takes cards only: allow 'card'.");
  }

  class PaymentElement {
    #handlers = {};
    #stop = () => {};

    constructor(elements, options) {
      accept("elements.create", options);
      Object.assign(this, {elements, options, frame: null, loaded: null, selected: "card"});
    }

    mount(target) {
      const host = typeof target === "string" ? document.querySelector(target) : target;
      demand(host, `mount(): there is no element ${target}.`);
      this.unmount();
      const wallets = Object.keys(WALLETS).filter(name => (this.options.wallets || {})[name] !== "never");
      this.frame = makeFrame("element.html", "Secure payment input frame", {
        appearance: this.elements.options.appearance || {}, wallets: wallets.map(name => WALLETS[name]),
      });
      this.frame.style.height = "260px";
      this.loaded = new Promise(resolve => {
        this.#stop = listenTo(this.frame, message => this.#hear(message, resolve));
      });
      host.replaceChildren(this.frame);
      return this;
    }

    #hear(message, loaded) {
      if (message.height) this.frame.style.height = `${message.height}px`;
      if (message.event === "ready") loaded();
      if (message.event === "change") {
        this.elements.submitted = false;
        this.selected = message.detail.value.type;
      }
      if (message.event) this.#fire(message.event, message.detail);
    }

    #fire(kind, detail) {
      for (const handler of this.#handlers[kind] || []) handler({elementType: "payment", ...detail});
    }

    on(kind, handler) { (this.#handlers[kind] ||= []).push(handler); return this; }

    once(kind, handler) {
      const first = detail => { this.off(kind, first); handler(detail); };
      return this.on(kind, first);
    }

    off(kind, handler) {
      this.#handlers[kind] = handler ? (this.#handlers[kind] || []).filter(each => each !== handler) : [];
      return this;
    }

    async ask(operation, data) {
      demand(this.frame, "The Payment Element is not mounted.");
      await this.loaded;
      return ask(this.frame, operation, data);
    }

    focus() { if (this.frame) this.ask("focus"); }
    blur() { if (this.frame) this.frame.blur(); }
    clear() { if (this.frame) this.ask("clear"); }
    collapse() {}
    update(options) { accept("paymentElement.update", options); return this; }
    unmount() { this.#stop(); if (this.frame) this.frame.remove(); this.frame = null; }
    destroy() { this.unmount(); this.elements.element = null; }
  }

  class Elements {
    constructor(options) {
      checkOptions(options);
      this.options = {...options};
      this.element = null;
      this.submitted = false;
    }

    create(kind, options = {}) {
      demand(kind === "payment", `The double has the Payment Element only, not '${kind}'.`);
      demand(!this.element, "Only one Payment Element can be created.");
      this.element = new PaymentElement(this, options);
      return this.element;
    }

    getElement(kind) { return kind === "payment" ? this.element : null; }

    /* A wallet's own sheet is not shown: it stands for a shopper who approves at once. */
    async submit(...given) {
      demand(!given.length, "elements.submit() accepts no parameters.");
      demand(this.element, "elements.submit() was called before elements.create('payment').");
      const {selected} = this.element;
      demand(selected === "card" || userActivated, `Failed to show ${selected}: call elements.submit() first in the `
        + "handler of the click, before anything is waited for.");
      const {error} = await this.element.ask("validate");
      this.submitted = !error;
      return error ? {error} : {selectedPaymentMethod: selected};
    }

    update(options) {
      accept("elements.update", options);
      const next = {...this.options, ...options};
      checkOptions(next);
      if (next.amount !== this.options.amount) this.submitted = false;
      this.options = next;
      if (options.appearance && this.element) this.element.ask("dress", options.appearance);
    }

    async fetchUpdates() { return {}; }
  }

  class StripeDouble {
    constructor(key) { this.key = key; }

    elements(options) { return new Elements(options); }

    async createConfirmationToken(options) {
      accept("stripe.createConfirmationToken", options);
      const {elements, params = {}} = options;
      demand(elements.submitted, "elements.submit() must be called before stripe.createConfirmationToken().");
      demandBillingDetails(elements.element.options.fields, params.payment_method_data?.billing_details);
      const {amount, currency, captureMethod, capture_method = captureMethod} = elements.options;
      const {body, error} = await elements.element.ask("token", {
        key: this.key, ...params, element: {amount, currency, capture_method},
      });
      return error ? {error} : {confirmationToken: body};
    }

    async retrievePaymentIntent(clientSecret, ...more) {
      demand(!more.length && /^pi_\w+_secret_\w+$/.test(clientSecret), "retrievePaymentIntent() should be called with a client secret.");
      const id = clientSecret.split("_secret_")[0];
      const data = {key: this.key, client_secret: clientSecret};
      const {body, error} = await call("GET", `/v1/payment_intents/${id}`, data);
      return error ? {error} : {paymentIntent: body};
    }

    async handleNextAction(options) {
      accept("stripe.handleNextAction", options);
      const {clientSecret} = options;
      let found = await this.retrievePaymentIntent(clientSecret);
      if (found.error) return found;
      if (found.paymentIntent.status === "requires_action") {
        await this.#authenticate(found.paymentIntent);
        found = await this.retrievePaymentIntent(clientSecret);
        if (found.error) return found;
      }
      const intent = found.paymentIntent;
      const failed = intent.status === "requires_payment_method" && intent.last_payment_error;
      return failed ? {error: {...failed, payment_intent: intent}} : found;
    }

    /* The bank's page in a frame over the whole window; it tells Stripe itself what was chosen. */
    #authenticate(intent) {
      const {amount, currency, client_secret: secret} = intent;
      const frame = makeFrame("three_d_secure.html", "Card authentication by your bank", {key: this.key, amount, currency, secret, id: intent.id});
      const dialog = document.createElement("dialog");
      Object.assign(dialog.style, {
        border: "0", margin: "0", padding: "0", inset: "0", width: "100vw", height: "100vh", maxWidth: "none", maxHeight: "none",
        placeItems: "center", display: "grid", background: "rgba(10, 20, 28, 0.6)",
      });
      Object.assign(frame.style, {width: "min(420px, 94vw)", height: "280px", borderRadius: "8px", background: "#fff"});
      dialog.setAttribute("aria-label", "Card authentication by your bank");
      dialog.addEventListener("cancel", event => event.preventDefault());
      dialog.append(frame);
      document.body.append(dialog);
      dialog.showModal();
      return new Promise(resolve => {
        const stop = listenTo(frame, message => {
          if (message.height) frame.style.height = `${message.height}px`;
          if (message.event === "ready") frame.focus();
          if (message.event !== "authenticated") return;
          stop();
          dialog.close();
          dialog.remove();
          resolve();
        });
      });
    }
  }

  window.Stripe = function Stripe(key, options = {}) {
    demand(/^pk_test_\w/.test(key || ""), "Stripe(): the double takes publishable test keys (pk_test_...) only.");
    accept("Stripe", options);
    return new StripeDouble(key);
  };
  window.Stripe.version = "double";
})();
