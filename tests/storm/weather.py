"""Makes the planned trouble: one thread for Stripe, one for our own house."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

from tests.engines import postgres
from tests.storm.book import Book
from tests.storm.house import House, pause
from tests.storm.sink import Sink
from tests.storm.trouble import Trouble
from tests.stripe_double.control import ControlError
from tests.stripe_double.state import Body

STALL = 7.0  # seconds: longer than the shop waits for an answer, with its repetitions
MARGIN = 0.5  # seconds after a restart in which the house is still shaking
EVERYTHING = r"/v1/(payment_intents(?!/\w+/authenticate)|refunds|events)"  # asked by the shop
AT_THE_CARD = r"POST .*/confirm$|GET /v1/payment_intents/"
RECENT = 300  # objects among which the dashboard's acts choose
RELEASED = "payments released by banks"
END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class Weather(threading.Thread):
    """Makes each trouble when so many visits have begun, until told to clear up."""

    def __init__(
        self, name: str, plan: Iterator[Trouble], begun: Callable[[], int], book: Book
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.plan, self.begun, self.book = plan, begun, book
        self.clear = threading.Event()

    def run(self) -> None:
        """Follow the plan."""
        for trouble in self.plan:
            while self.begun() < trouble.at:
                if self.clear.wait(0.1):
                    return
            self.book.note(self.name, trouble.name)
            try:
                self.make(trouble)
            except Exception as problem:  # a mistake of the storm's own: never silent
                self.book.note(self.name, f"{trouble}: {type(problem).__name__}: {problem}")
                self.book.count("storm's own mistakes")

    def make(self, trouble: Trouble) -> None:
        """Make one trouble and end it."""
        raise NotImplementedError


def _away(trouble: Trouble) -> str:
    """Gone altogether, or just as the card is charged: then nobody can say what became of it."""
    return AT_THE_CARD if trouble.share < 0.6 else EVERYTHING


class AtStripe(Weather):
    """The double answers badly, delivers badly, and people click in its dashboard."""

    def __init__(
        self, house: House, plan: Iterator[Trouble], begun: Callable[[], int], book: Book
    ) -> None:
        super().__init__("weather at Stripe", plan, begun, book)
        self.double = house.double

    def make(self, trouble: Trouble) -> None:
        """Do what the kind is called."""
        self.book.count("faults")
        if trouble.kind in ("answer", "away", "lost", "stall"):
            self._misbehave(trouble)
        elif trouble.kind in ("capture", "cancel", "refund", "expire", "alter", "dispute"):
            self._dashboard(trouble)
        else:
            getattr(self, f"_{trouble.kind}")(trouble)

    def _misbehave(self, trouble: Trouble) -> None:
        away = trouble.kind == "away"
        self.double.fault(
            _away(trouble) if away else trouble.request,
            status=trouble.status,
            code=trouble.code,
            lost=away or trouble.kind == "lost",
            stall=trouble.kind == "stall",
            when="after" if trouble.after else "before",
            times=5 * trouble.times if away else trouble.times,
        )
        self._let_pass(trouble, visits=4, seconds=STALL)
        self.double.clear_faults()

    def _let_pass(self, trouble: Trouble, *, visits: int, seconds: float) -> None:
        """Wait until so many visits more have begun, or so many seconds have passed."""
        until = time.monotonic() + seconds
        while self.begun() < trouble.at + visits and time.monotonic() < until:
            if self.clear.wait(0.1):
                return

    def _hold(self, trouble: Trouble) -> None:
        self.double.hold_webhooks()
        self._let_pass(trouble, visits=6, seconds=12)
        self.double.release_webhooks("reverse" if trouble.after else "shuffle")

    def _drop(self, trouble: Trouble) -> None:
        self.double.drop_next_webhooks(3 * trouble.times)

    def _late(self, trouble: Trouble) -> None:
        self.double.delay_webhooks(2 * trouble.seconds)
        self._let_pass(trouble, visits=6, seconds=12)
        self.double.delay_webhooks(0)

    def _again(self, trouble: Trouble) -> None:
        events = self.double.every("event", newest=RECENT)
        for place in range(trouble.times):
            if events:
                index = int(trouble.share * len(events)) - place
                self.double.resend(events[index]["id"], times=2)

    def _lose(self, trouble: Trouble) -> None:
        self.double.lose_deliveries()

    def _older(self, trouble: Trouble) -> None:
        """Leave histories of both shapes, as in an account whose API version was raised."""
        self.double.before_basil()
        self._let_pass(trouble, visits=8, seconds=15)
        self.double.before_basil(False)

    def _dashboard(self, trouble: Trouble) -> None:
        """Act on an intent that the act fits, picked among those there are."""
        wanted = {
            "capture": ("requires_capture",),
            "expire": ("requires_capture",),
            "cancel": ("requires_capture", "requires_payment_method", "requires_action"),
            "alter": ("requires_payment_method", "requires_action"),
        }.get(trouble.kind, ("succeeded",))
        found = [
            each
            for each in self.double.every("payment_intent", newest=RECENT)
            if each["status"] in wanted
        ]
        if not found:
            return
        intent = found[int(trouble.share * len(found))]
        self.book.note(self.name, f"{trouble.kind} {intent['id']} in the dashboard")
        try:
            self._act(trouble, intent)
            if trouble.kind in ("cancel", "expire"):
                self.book.count(RELEASED)
        except ControlError as refusal:  # the shop was faster
            self.book.note(self.name, str(refusal))

    def _act(self, trouble: Trouble, intent: Body) -> None:
        if trouble.kind == "refund":
            left = int(intent["amount"] * trouble.share * 0.5)
            self.double.refund(intent["id"], max(1, left))
        elif trouble.kind == "alter":
            self.double.alter_amount(intent["id"], intent["amount"] + 100)
        elif trouble.kind == "dispute":
            self.double.open_dispute(intent["id"])
            opened = self.double.disputes()[-1]
            self.double.close_dispute(opened["id"], won=trouble.after)
        else:
            getattr(self.double, trouble.kind)(intent["id"])


class AtHome(Weather):
    """Processes are killed and started again."""

    def __init__(
        self, house: House, sink: Sink, plan: Iterator[Trouble], begun: Callable[[], int],
        book: Book,
    ) -> None:  # fmt: skip
        super().__init__("weather at home", plan, begun, book)
        self.house, self.sink = house, sink

    def make(self, trouble: Trouble) -> None:
        """Kill, pause, start again; keep for how long a page may have broken."""
        began = time.time()
        act = getattr(self, "_" + trouble.kind.replace(" ", "_"))
        act(trouble)
        # neither mail nor cache nor worker may break a page
        excuses = trouble.kind.startswith(("web", "postgres"))
        pause(MARGIN if excuses else 0.0)
        self.book.kill(trouble.kind, began, time.time(), excuses=excuses)

    def _web(self, trouble: Trouble) -> None:
        self._restart("web", trouble.seconds)
        self.house.await_shop()

    def _web_worker(self, trouble: Trouble) -> None:
        self._kill_child("web", trouble.share)

    def _worker(self, trouble: Trouble) -> None:
        self._restart("worker", trouble.seconds)

    def _worker_child(self, trouble: Trouble) -> None:
        self._kill_child("worker", trouble.share)

    def _beat(self, trouble: Trouble) -> None:
        self._restart("beat", trouble.seconds)

    def _storehouse(self, trouble: Trouble) -> None:
        self._restart("storehouse", trouble.seconds)

    def _restart(self, name: str, seconds: float) -> None:
        self.house.processes[name].kill()
        pause(seconds)
        self.house.processes[name].start()

    def _kill_child(self, name: str, share: float) -> None:
        if children := self.house.processes[name].children():
            os.kill(children[int(share * len(children))], signal.SIGKILL)

    def _postgres_connections(self, trouble: Trouble) -> None:
        postgres.execute(self.house.database, END)

    def _postgres_backend(self, trouble: Trouble) -> None:
        """Kill one of its processes: it ends all the others and recovers by itself."""
        if pid := self.house.some_backend():
            self.house.break_postgres(pid)
        self.house.await_postgres()

    def _postgres(self, trouble: Trouble) -> None:
        self.house.postgres.crash()
        pause(trouble.seconds)
        self.house.postgres.recover()
        self.house.await_postgres()

    def _valkey(self, trouble: Trouble) -> None:
        self.house.valkey.terminate()
        pause(trouble.seconds)
        self.house.start_valkey()

    def _valkey_flushed(self, trouble: Trouble) -> None:
        self.house.flush_valkey()

    def _mail(self, trouble: Trouble) -> None:
        self.sink.refuses = True
        pause(3 * trouble.seconds)
        self.sink.refuses = False
