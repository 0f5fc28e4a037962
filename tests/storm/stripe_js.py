"""What Stripe.js and the bank's page do in a buyer's browser, with the double."""

import http.client
import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.storm.plan import CARDS

KEY = "pk_test_demo"


class StripeJs:
    """Stripe for a browser. Raises OSError if the double does not answer."""

    def __init__(self, url: str) -> None:
        self.url = url

    def token(self, card: str) -> str:
        """Return the ConfirmationToken of a card, by its name in the plan."""
        typed = {"number": CARDS[card], "exp_month": "12", "exp_year": "34", "cvc": "123"}
        fields = {"payment_method_data[type]": "card"}
        fields |= {f"payment_method_data[card][{name}]": value for name, value in typed.items()}
        return str(self._post("/v1/confirmation_tokens", fields)["id"])

    def answer_bank(self, client_secret: str, *, accept: bool) -> None:
        """Accept or refuse on the bank's page."""
        intent = client_secret.partition("_secret_")[0]
        fields = {"client_secret": client_secret, "result": "accept" if accept else "refuse"}
        self._post(f"/v1/payment_intents/{intent}/authenticate", fields)

    def _post(self, path: str, fields: dict[str, str]) -> dict[str, Any]:
        where = urlsplit(self.url)
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
        headers = {
            "Authorization": f"Bearer {KEY}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            connection.request("POST", path, urlencode(fields), headers)
            return dict(json.loads(connection.getresponse().read()))
        finally:
            connection.close()
