/* The bank: tells Stripe what the shopper chose, then the page that waits for it. */
(() => {
  "use strict";
  const {key, id, secret, amount, currency} = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  const money = new Intl.NumberFormat("en-CA", {style: "currency", currency, currencyDisplay: "code"});
  document.getElementById("sum").textContent = money.format(amount / 100);

  async function choose(event) {
    const body = new URLSearchParams({key, client_secret: secret, result: event.currentTarget.value});
    try {
      await fetch(`/v1/payment_intents/${id}/authenticate`, {method: "POST", body});
      window.parent.postMessage({event: "authenticated"}, "*");
    } catch {
      document.getElementById("trouble").textContent = "The bank cannot be reached. Please try again.";
    }
  }

  for (const button of document.querySelectorAll("button")) button.addEventListener("click", choose);
  const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
  window.parent.postMessage({event: "ready", height}, "*");
})();
