"""Injects the planned faults: one thread for Stripe, one for our own processes."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

from tests.engines import postgres
from tests.storm.fault_plan import Fault
from tests.storm.mail_server import MailServer
from tests.storm.results import Results
from tests.storm.services import Services, pause
from tests.stripe_double.control import ControlError
from tests.stripe_double.state import Body

STALL = 7.0  # seconds: longer than the shop waits for an answer, with its repetitions
MARGIN = 0.5  # seconds after a restart in which requests may still fail
EVERYTHING = r"/v1/(payment_intents(?!/\w+/authenticate)|refunds|events)"  # asked by the shop
AT_THE_CARD = r"POST .*/confirm$|GET /v1/payment_intents/"
RECENT = 300  # objects among which the dashboard's acts choose
RELEASED = "payments released by banks"
END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class FaultInjector(threading.Thread):
    """Injects each fault once its number of visits has begun, until stopped."""

    def __init__(
        self, name: str, plan: Iterator[Fault], begun: Callable[[], int], results: Results
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.plan, self.begun, self.results = plan, begun, results
        self.stopped = threading.Event()

    def run(self) -> None:
        """Follow the plan."""
        for fault in self.plan:
            while self.begun() < fault.at:
                if self.stopped.wait(0.1):
                    return
            self.results.log(self.name, fault.name)
            try:
                self.make(fault)
            except Exception as error:  # an error of the storm itself: never silent
                self.results.log(self.name, f"{fault}: {type(error).__name__}: {error}")
                self.results.count("errors of the storm")

    def make(self, fault: Fault) -> None:
        """Inject one fault and end it."""
        raise NotImplementedError


def _away(fault: Fault) -> str:
    """Return which requests get no answer: all, or only those that charge a card."""
    return AT_THE_CARD if fault.share < 0.6 else EVERYTHING


class StripeFaults(FaultInjector):
    """Faults of the double's API and webhooks, and actions in its dashboard."""

    def __init__(
        self, services: Services, plan: Iterator[Fault], begun: Callable[[], int], results: Results
    ) -> None:
        super().__init__("faults at Stripe", plan, begun, results)
        self.double = services.double

    def make(self, fault: Fault) -> None:
        """Inject a fault by its kind."""
        self.results.count("faults")
        if fault.kind in ("answer", "away", "lost", "stall"):
            self._misbehave(fault)
        elif fault.kind in ("capture", "cancel", "refund", "expire", "alter", "dispute"):
            self._dashboard(fault)
        else:
            getattr(self, f"_{fault.kind}")(fault)

    def _misbehave(self, fault: Fault) -> None:
        away = fault.kind == "away"
        self.double.fault(
            _away(fault) if away else fault.request,
            status=fault.status,
            code=fault.code,
            lost=away or fault.kind == "lost",
            stall=fault.kind == "stall",
            when="after" if fault.after else "before",
            times=5 * fault.times if away else fault.times,
        )
        self._let_pass(fault, visits=4, seconds=STALL)
        self.double.clear_faults()

    def _let_pass(self, fault: Fault, *, visits: int, seconds: float) -> None:
        """Wait until so many visits more have begun, or so many seconds have passed."""
        until = time.monotonic() + seconds
        while self.begun() < fault.at + visits and time.monotonic() < until:
            if self.stopped.wait(0.1):
                return

    def _hold(self, fault: Fault) -> None:
        self.double.hold_webhooks()
        self._let_pass(fault, visits=6, seconds=12)
        self.double.release_webhooks("reverse" if fault.after else "shuffle")

    def _drop(self, fault: Fault) -> None:
        self.double.drop_next_webhooks(3 * fault.times)

    def _late(self, fault: Fault) -> None:
        self.double.delay_webhooks(2 * fault.seconds)
        self._let_pass(fault, visits=6, seconds=12)
        self.double.delay_webhooks(0)

    def _again(self, fault: Fault) -> None:
        events = self.double.every("event", newest=RECENT)
        for place in range(fault.times):
            if events:
                index = int(fault.share * len(events)) - place
                self.double.resend(events[index]["id"], times=2)

    def _lose(self, fault: Fault) -> None:
        self.double.lose_deliveries()

    def _older(self, fault: Fault) -> None:
        """Use the older API version for a while, as in an account that was upgraded."""
        self.double.before_basil()
        self._let_pass(fault, visits=8, seconds=15)
        self.double.before_basil(False)

    def _dashboard(self, fault: Fault) -> None:
        """Act on a random intent with a suitable status."""
        wanted = {
            "capture": ("requires_capture",),
            "expire": ("requires_capture",),
            "cancel": ("requires_capture", "requires_payment_method", "requires_action"),
            "alter": ("requires_payment_method", "requires_action"),
        }.get(fault.kind, ("succeeded",))
        found = [
            each
            for each in self.double.every("payment_intent", newest=RECENT)
            if each["status"] in wanted
        ]
        if not found:
            return
        intent = found[int(fault.share * len(found))]
        self.results.log(self.name, f"{fault.kind} {intent['id']} in the dashboard")
        try:
            self._act(fault, intent)
            if fault.kind in ("cancel", "expire"):
                self.results.count(RELEASED)
        except ControlError as refusal:  # the shop was faster
            self.results.log(self.name, str(refusal))

    def _act(self, fault: Fault, intent: Body) -> None:
        if fault.kind == "refund":
            left = int(intent["amount"] * fault.share * 0.5)
            self.double.refund(intent["id"], max(1, left))
        elif fault.kind == "alter":
            self.double.alter_amount(intent["id"], intent["amount"] + 100)
        elif fault.kind == "dispute":
            self.double.open_dispute(intent["id"])
            opened = self.double.disputes()[-1]
            self.double.close_dispute(opened["id"], won=fault.after)
        else:
            getattr(self.double, fault.kind)(intent["id"])


class ProcessFaults(FaultInjector):
    """Processes are killed and restarted."""

    def __init__(
        self,
        services: Services,
        mail_server: MailServer,
        plan: Iterator[Fault],
        begun: Callable[[], int],
        results: Results,
    ) -> None:
        super().__init__("faults of processes", plan, begun, results)
        self.services, self.mail_server = services, mail_server

    def make(self, fault: Fault) -> None:
        """Kill, wait, restart; record how long a page may have failed."""
        began = time.time()
        act = getattr(self, "_" + fault.kind.replace(" ", "_"))
        act(fault)
        # mail, cache and workers may not break a page
        excuses = fault.kind.startswith(("web", "postgres"))
        pause(MARGIN if excuses else 0.0)
        self.results.kill(fault.kind, began, time.time(), excuses=excuses)

    def _web(self, fault: Fault) -> None:
        self._restart("web", fault.seconds)
        self.services.await_shop()

    def _web_worker(self, fault: Fault) -> None:
        self._kill_child("web", fault.share)

    def _worker(self, fault: Fault) -> None:
        self._restart("worker", fault.seconds)

    def _worker_child(self, fault: Fault) -> None:
        self._kill_child("worker", fault.share)

    def _beat(self, fault: Fault) -> None:
        self._restart("beat", fault.seconds)

    def _stock_clerk(self, fault: Fault) -> None:
        self._restart("stock clerk", fault.seconds)

    def _restart(self, name: str, seconds: float) -> None:
        self.services.processes[name].kill()
        pause(seconds)
        self.services.processes[name].start()

    def _kill_child(self, name: str, share: float) -> None:
        if children := self.services.processes[name].children():
            os.kill(children[int(share * len(children))], signal.SIGKILL)

    def _postgres_connections(self, fault: Fault) -> None:
        postgres.execute(self.services.database, END)

    def _postgres_backend(self, fault: Fault) -> None:
        """Kill one of its processes: it ends all the others and recovers by itself."""
        if pid := self.services.some_backend():
            self.services.break_postgres(pid)
        self.services.await_postgres()

    def _postgres(self, fault: Fault) -> None:
        self.services.postgres.crash()
        pause(fault.seconds)
        self.services.postgres.recover()
        self.services.await_postgres()

    def _valkey(self, fault: Fault) -> None:
        self.services.valkey.terminate()
        pause(fault.seconds)
        self.services.start_valkey()

    def _valkey_flushed(self, fault: Fault) -> None:
        self.services.flush_valkey()

    def _mail(self, fault: Fault) -> None:
        self.mail_server.refuses = True
        pause(3 * fault.seconds)
        self.mail_server.refuses = False
