"""The typed client of the control calls, and a double that runs inside a test process."""

import json
import re
import threading
import urllib.error
import urllib.request
from types import TracebackType
from typing import Any, Self

from .faults import When
from .server import DoubleServer
from .state import Body
from .webhooks import RETRY_AFTER, Order

LONG_LIST = 50.0  # seconds more for thousands of objects on a busy machine
MAX_WAIT = 10.0  # seconds that a waiting call waits at most


class ControlError(Exception):
    """The double rejected a control call."""


class Control:
    """What a test may do to a double that runs at `url`."""

    def __init__(self, url: str = "") -> None:
        self._url = url.rstrip("/")

    @property
    def url(self) -> str:
        """Base address of the API, for `StripeClient(base_addresses={"api": url})`."""
        return self._url

    @property
    def js_url(self) -> str:
        """Address of stripe.js."""
        return f"{self.url}/endive/stripe.js"

    # Faults --------------------------------------------------------------------------------

    def fault(
        self,
        path: str,
        *,
        status: int = 500,
        lost: bool = False,
        stall: bool = False,
        when: When = "before",
        times: int = 1,
        code: str | None = None,
        kept: bool = False,
        should_retry: bool | None = None,
    ) -> None:
        """Let the next `times` requests fail in whose "METHOD /path" the pattern is found.

        They get an error `status`; or, `lost`, no answer; or, `stall`, none until
        `release_stalled`. `after`: the work is done all the same. `kept`: the idempotency key
        keeps the error, as Stripe keeps its own 500s. End a path with $ to spare longer ones.
        """
        kind = "lost" if lost else "stall" if stall else "status"
        answer = {"status": status, "code": code, "kept": kept, "should_retry": should_retry}
        self._post("fault", pattern=path, kind=kind, when=when, times=times, **answer)

    def clear_faults(self) -> None:
        """Delete unused faults, and release stalled requests."""
        self._post("clear_faults")

    def release_stalled(self) -> None:
        self._post("release_stalled")

    def wait_for_stalled(self, count: int = 1, timeout: float = MAX_WAIT) -> None:
        """Wait until so many requests hang; raises TimeoutError."""
        if not self._post("wait_for_stalled", count=count, timeout=timeout)["stalled"]:
            raise TimeoutError(f"fewer than {count} requests were stalled in {timeout} s")

    # Webhooks ------------------------------------------------------------------------------

    def add_webhook(self, url: str, secret: str, events: list[str] | None = None) -> str:
        """Listen at `url`, to all events unless some are named; the id of the endpoint."""
        return str(self._post("add_webhook", url=url, secret=secret, events=events)["id"])

    def remove_webhooks(self) -> None:
        self._post("remove_webhooks")

    def hold_webhooks(self) -> None:
        """Hold all deliveries until `release_webhooks`; `resend` still delivers."""
        self._post("hold_webhooks")

    def release_webhooks(self, order: Order = "same") -> None:
        self._post("release_webhooks", order=order)

    def drop_next_webhooks(self, count: int = 1) -> None:
        """Drop the next `count` deliveries; their events stay undelivered."""
        self._post("drop_webhooks", count=count)

    def delay_webhooks(self, seconds: float) -> None:
        """Send each later event only after so many seconds."""
        self._post("delay_webhooks", seconds=seconds)

    def resend(self, event_id: str, times: int = 1) -> None:
        """Deliver an event again, as often as you like, at once."""
        self._post("resend", event=event_id, times=times)

    def wait_until_idle(self, timeout: float = MAX_WAIT) -> None:
        """Wait until nothing is on its way to the shop, retries included; raises TimeoutError.

        Held deliveries do not count.
        """
        if not self._post("wait_until_idle", timeout=timeout)["idle"]:
            raise TimeoutError(f"deliveries were still on their way after {timeout} s")

    def lose_deliveries(self) -> int:
        """Drop pending deliveries and return their number. Their events stay undelivered."""
        return int(self._post("lose_deliveries")["lost"])

    def wait_for_event(self, kind: str, timeout: float = MAX_WAIT) -> None:
        """Wait until something of this kind has happened; raises TimeoutError."""
        if not self._post("wait_for_event", kind=kind, timeout=timeout)["came"]:
            raise TimeoutError(f"no {kind} within {timeout} s")

    def deliveries(self) -> list[Body]:
        """The log: event, type, subject, endpoint, attempt, status, outcome, at."""
        return list(self._post("deliveries")["data"])

    # What Stripe knows, oldest first -------------------------------------------------------

    def every(self, kind: str, newest: int | None = None) -> list[Body]:
        """All objects of a kind, by the name that their `object` field has, or the newest few."""
        found = self._post("objects_of", kind=kind, newest=newest, timeout=LONG_LIST)["data"]
        return list(reversed(found))

    def events(self, kind: str | None = None) -> list[Body]:
        return [e for e in self.every("event") if kind in (None, e["type"])]

    def intents(self) -> list[Body]:
        return self.every("payment_intent")

    def requests(self, path: str) -> list[Body]:
        """The parameters of each POST to a path, oldest first: Stripe's log of requests."""
        found = self._post("requests")["data"]
        return [each["params"] for each in found if re.fullmatch(path, each["path"])]

    def token_cards(self) -> dict[str, str]:
        """The payment method behind each confirmation token."""
        return dict(self._post("token_cards"))

    def charges(self) -> list[Body]:
        return self.every("charge")

    def refunds(self) -> list[Body]:
        return self.every("refund")

    def disputes(self) -> list[Body]:
        return self.every("dispute")

    # Actions at Stripe, which send webhooks to the shop -----------------------------------

    def capture(self, intent_id: str, amount: int | None = None) -> Body:
        """Capture in Stripe's dashboard: all, or `amount` cents."""
        return self._post("capture", intent=intent_id, amount=amount)

    def cancel(self, intent_id: str) -> Body:
        return self._post("cancel", intent=intent_id)

    def refund(self, intent_id: str, amount: int | None = None) -> Body:
        """Refund in Stripe's dashboard: all that is left, or `amount` cents."""
        return self._post("refund", intent=intent_id, amount=amount)

    def finish_refund(self, refund_id: str, *, succeeded: bool) -> Body:
        """A pending refund arrives; or a refund, even one that had succeeded, fails."""
        return self._post("finish_refund", refund=refund_id, succeeded=succeeded)

    def authenticate(self, intent_id: str, *, accept: bool = True) -> Body:
        """The shopper answers the bank's 3-D Secure page."""
        return self._post("authenticate", intent=intent_id, accept=accept)

    def process_next(self, count: int = 1) -> None:
        """The next `count` payments stay in `processing`, as a bank debit does."""
        self._post("process_next", count=count)

    def finish_processing(self, intent_id: str, *, succeeded: bool) -> Body:
        """The bank decides about a payment in `processing`."""
        return self._post("finish_processing", intent=intent_id, succeeded=succeeded)

    def expire(self, intent_id: str) -> Body:
        """The authorization expires without a capture."""
        return self._post("expire", intent=intent_id)

    def limit_confirmations(self, count: int) -> None:
        """Cancel an intent whose `count` confirmations all failed, as Stripe does at its limit."""
        self._post("limit_confirmations", count=count)

    def before_basil(self, on: bool = True) -> None:
        """Capture, cancel and expire from now on as before API 2025-03-31.basil, or no longer.

        Such histories stay in an account after its version was raised: what was held and not
        captured is a Refund, and in the charge's `amount_refunded`.
        """
        self._post("before_basil", on=on)

    def alter_amount(self, intent_id: str, amount: int) -> Body:
        """Change an intent's amount (cents), which no API call can do."""
        return self._post("alter_amount", intent=intent_id, amount=amount)

    def backdate(self, object_id: str, seconds: int) -> Body:
        """Move an object's dates back by some seconds; a token expires sooner."""
        return self._post("backdate", id=object_id, seconds=seconds)

    def open_dispute(
        self, intent_id: str, reason: str = "fraudulent", *, inquiry: bool = False
    ) -> Body:
        return self._post("open_dispute", intent=intent_id, reason=reason, inquiry=inquiry)

    def update_dispute(self, dispute_id: str, *, status: str) -> Body:
        """The bank moves a dispute: an inquiry becomes a dispute, evidence is under review."""
        return self._post("update_dispute", dispute=dispute_id, status=status)

    def close_dispute(self, dispute_id: str, *, won: bool) -> Body:
        return self._post("close_dispute", dispute=dispute_id, won=won)

    def open_early_fraud_warning(self, intent_id: str, *, fraud_type: str = "misc") -> Body:
        """The card's issuer suspects fraud in a captured payment."""
        return self._post("open_early_fraud_warning", intent=intent_id, fraud_type=fraud_type)

    def open_review(self, intent_id: str, *, reason: str = "rule") -> Body:
        """Radar, or a person in the dashboard, puts a payment up for review."""
        return self._post("open_review", intent=intent_id, reason=reason)

    def close_review(self, review_id: str, *, reason: str = "approved") -> Body:
        """A review ends: approved, or with one of Stripe's other reasons."""
        return self._post("close_review", review=review_id, reason=reason)

    def reset(self) -> None:
        """Delete everything except the webhook endpoints."""
        self._post("reset")

    # ---------------------------------------------------------------------------------------

    def _post(self, operation: str, **body: Any) -> Body:
        request = urllib.request.Request(
            f"{self.url}/_test/{operation}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=MAX_WAIT + body.get("timeout", 0)) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as refusal:
            with refusal:
                message = json.load(refusal)["error"]["message"]
            raise ControlError(f"{operation}: {message}") from refusal


class Double(Control):
    """A double on a free port of this process, with `start` and `stop`, or `with`."""

    def __init__(self, *, retry_after: tuple[float, ...] = RETRY_AFTER) -> None:
        super().__init__()
        self._retry_after = retry_after
        self._server: DoubleServer | None = None

    @property
    def url(self) -> str:
        if self._server is None:
            raise RuntimeError("start the double first")
        return self._server.url

    def start(self) -> Self:
        self._server = DoubleServer(retry_after=self._retry_after)
        threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="stripe-double",
            daemon=True,
        ).start()
        return self

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
