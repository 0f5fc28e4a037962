"""A page that takes a card as the shop's checkout does, under the shop's CSP, for browser tests.

It stands in for the shop's page only: the server half of the payment is stripe-python in the test.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Checkout</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css"></head>
<body><h1>Checkout</h1><div id="card"></div><button id="pay">Pay</button>
<script src="{js_url}"></script><script src="/page.js"></script></body></html>"""

SCRIPT = """
const dark = location.hash === "#night";
if (dark) document.documentElement.className = "dark";
const stripe = Stripe("pk_test_double");
const OPTIONS = {
  mode: "payment", amount: 4200, currency: "cad", captureMethod: "manual",
  allowedPaymentMethodTypes: ["card"], appearance: {theme: dark ? "night" : "stripe"},
};
const elements = stripe.elements(OPTIONS);
window.changes = [];
const NO_WALLETS = {applePay: "never", googlePay: "never", link: "never"};
const wallets = location.hash === "#wallets" ? {link: "never"} : NO_WALLETS;
const card = elements.create("payment", {wallets});
card.on("ready", () => { document.body.dataset.ready = "yes"; });
card.on("change", change => window.changes.push(change));
card.mount("#card");
window.makeToken = async () => {
  const checked = await elements.submit();
  if (checked.error) return checked;
  return stripe.createConfirmationToken({
    elements, params: {payment_method_data: {billing_details: {name: "Alice Able"}}},
  });
};
window.handle = clientSecret => stripe.handleNextAction({clientSecret});
window.update = options => elements.update(options);
document.getElementById("pay").addEventListener("click", async () => {
  if (location.search) await fetch("/page.css");
  window.submitted = await elements.submit().catch(error => ({thrown: error.message}));
  document.body.dataset.submitted = "yes";
});
"""

STYLE = (
    "body { font: 17px system-ui; margin: 16px; } .dark body { background: #10181d; color: #eee; }"
)


class CheckoutPage:
    """Serves the page at `url`; `csp` is what the shop sends, with the double in Stripe's place."""

    def __init__(self, double_url: str, js_url: str) -> None:
        csp = (
            "default-src 'none'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
            f"script-src 'self' {double_url}; frame-src {double_url}; "
            f"connect-src 'self' {double_url}; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        files = {
            "/": (PAGE.format(js_url=js_url), "text/html"),
            "/page.js": (SCRIPT, "text/javascript"),
            "/page.css": (STYLE, "text/css"),
        }

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                text, kind = files.get(self.path.partition("?")[0], ("", "text/plain"))
                self.send_response(200)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Security-Policy", csp)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format: str, *args: object) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        serve = self._server.serve_forever
        threading.Thread(target=serve, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.shutdown()
        self._server.server_close()
