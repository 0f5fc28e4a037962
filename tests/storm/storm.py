"""The storm: buyers and staff at work, trouble by the plan, then calm and the audit."""

import json
import re
import shutil
import sys
import threading
import time
from dataclasses import InitVar, dataclass, field
from pathlib import Path

from tests.bench.servers import ROOT
from tests.storm import plan
from tests.storm.book import Book, Broken
from tests.storm.house import House, pause
from tests.storm.returns import Customers, ReturnsClerk
from tests.storm.shopper import Shopper, Street
from tests.storm.sink import Sink
from tests.storm.staff import UNANSWERED, Clerk, OrderClerk
from tests.storm.till import Till
from tests.storm.trouble import AT_HOME, AT_STRIPE, troubles
from tests.storm.weather import RELEASED, AtHome, AtStripe, Weather

BUYERS = 8  # at once
ORDER_CLERKS = 2
STRIPE_GAP = 4  # visits between two troubles at Stripe, in the mean
HOME_GAP = 18  # and between two kills


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def show(line: str) -> None:
    """Rewrite the line at the end of a terminal; in a file each one is kept."""
    if sys.stdout.isatty():
        sys.stdout.write(f"\r{line}\033[K")
        sys.stdout.flush()
    else:
        say(line)


class Auditor(threading.Thread):
    """Audits the working shop twice: an order in flight must be no breach."""

    def __init__(self, storm: "Storm") -> None:
        super().__init__(name="auditor", daemon=True)
        self.storm = storm

    def run(self) -> None:
        """Look after a third and after two thirds of the orders."""
        book, wanted = self.storm.book, self.storm.orders
        for part in (wanted // 3, 2 * wanted // 3):
            while len(book.orders) < part:
                pause(0.5)
            began = time.time()
            done = self.storm.house.ask("manage.py", "audit_money")
            lines = [each for each in done.stdout.splitlines() if "  ok  " not in each]
            book.note(self.name, f"{time.time() - began:.1f} s: {lines}")
            book.count("audits beside the shop")
            found = re.search(r"(\d+) breaches$", done.stdout.strip())
            # staff resolve what a bank released after the order was placed, and what Stripe
            # cancelled for them without an answer
            released = sum("its payment is cancelled" in line for line in lines)
            if found is None:  # the database was killed under it
                book.count("audits cut off")
            elif int(found[1]) > min(released, book.counts[RELEASED] + book.counts[UNANSWERED]):
                what = "audit beside the working shop: " + " | ".join(lines)
                book.blame(Broken(self.name, what, 0, 0, excusable=False))


@dataclass
class Storm:
    """One run: `orders` orders are to be written, by the scripts of `seed`."""

    orders: int
    seed: int
    calm: bool = False  # without kills and faults
    wild: bool = False  # with four times as many
    folder: InitVar[Path | None] = None  # for the logs
    book: Book = field(default_factory=Book)

    def __post_init__(self, folder: Path | None) -> None:
        if folder is None:  # the one of the last such run is replaced
            folder = ROOT / "var" / f"storm-{self.seed}-{self.orders}"
            shutil.rmtree(folder, ignore_errors=True)
        self.logs = folder.resolve()
        self.logs.mkdir(parents=True, exist_ok=True)
        self.sink = Sink(self.logs / "letters.log")
        # a short storm must also see orders expire, and jobs run
        window, faster = ("30", "6") if self.orders > 200 else ("10", "15")
        waits = {"STORM_WINDOW_SECONDS": window, "STORM_FASTER": faster}
        self.house = House(self.logs, waits, str(self.seed))
        self.begun = 0  # visits
        self.over = threading.Event()
        self._numbers = threading.Lock()
        self.began = time.time()

    def run(self) -> int:
        """Do everything; return the exit code."""
        self.sink.start()
        try:
            self._open()
            self._blow()
            return self._judge()
        finally:
            self.over.set()
            self.house.close()
            self.sink.stop()
            self.book.save(self.logs)

    def _open(self) -> None:
        say(f"storm: {self.orders} orders, seed {self.seed}; logs in {self.logs}")
        self.house.open(self.sink.port)
        made = self.house.ask("-m", "tests.storm.shop")
        if made.returncode:
            raise RuntimeError("The shop could not be stocked.")
        self.house.run()
        threading.Thread(target=self._supervise, name="supervisor", daemon=True).start()
        say(f"the shop is open after {time.time() - self.began:.0f} s")
        goods = {name: tuple(where) for name, where in json.loads(made.stdout).items()}
        till, customers = Till(self.house.double.url), Customers(self.book)
        self.street = Street(self.house.shop, till, goods, self.book, customers)  # type: ignore[arg-type]

    def _blow(self) -> None:
        desks = [OrderClerk] * ORDER_CLERKS + [ReturnsClerk]
        place = (self.house.shop, self.book, self.seed)
        clerks: list[Clerk | Customers] = [desk(*place, n) for n, desk in enumerate(desks)]
        clerks.append(self.street.customers)
        buyers = [threading.Thread(target=self._buy, daemon=True) for _ in range(BUYERS)]
        self.began = time.time()
        weather, auditor = self._weather(), Auditor(self)
        for thread in (*clerks, *buyers, *weather, auditor):
            thread.start()
        while any(buyer.is_alive() for buyer in buyers):
            show(self._progress())
            pause(1 if sys.stdout.isatty() else 10)
        show(self._progress() + "\n" * sys.stdout.isatty())
        for each in weather:
            each.clear.set()
        for clerk in clerks:
            clerk.home.set()
        self.house.processes["storehouse"].stop()
        for thread in (*weather, *clerks, auditor):
            thread.join(timeout=120)

    def _supervise(self) -> None:
        """A Celery worker that loses its broker with a task in hand ends; nothing else may."""
        while not self.over.wait(1):
            for name in self.house.restart_ended():
                self.book.count(f"ended by itself: {name}")
                if name != "worker":
                    what = f"{name} ended by itself"
                    self.book.blame(Broken("house", what, 0, 0, excusable=False))

    def _buy(self) -> None:
        while len(self.book.orders) < self.orders:
            number = self._next_number()
            try:
                Shopper(self.street, plan.visit(self.seed, number)).shop()
            except Exception as problem:  # a mistake of the storm's own: never silent
                self.book.note(f"buyer {number}", f"{type(problem).__name__}: {problem}")
                self.book.count("storm's own mistakes")

    def _next_number(self) -> int:
        with self._numbers:
            self.begun += 1
            return self.begun - 1

    def _weather(self) -> list[Weather]:
        if self.calm:
            return []
        less = 4 if self.wild else 1
        stripe = troubles(self.seed, "stripe", AT_STRIPE, gap=STRIPE_GAP // less)
        home = troubles(self.seed, "home", AT_HOME, gap=HOME_GAP // less)
        return [
            AtStripe(self.house, stripe, lambda: self.begun, self.book),
            AtHome(self.house, self.sink, home, lambda: self.begun, self.book),
        ]

    def _progress(self) -> str:
        counts, seconds = self.book.counts, time.time() - self.began
        done = len(self.book.orders)
        return (
            f"{done:>5}/{self.orders} orders  {done / seconds:.2f}/s  "
            f"thanked {counts['thanked']}  declined {counts['pay: declined']}  "
            f"shipped {counts['desk: ship']}  faults {counts['faults']}  kills {counts['kills']}  "
            f"broken answers {counts['broken answers']}  {seconds:.0f} s"
        )

    # --- afterwards ---

    def _judge(self) -> int:
        """Let everything come to rest, compare, and return the exit code."""
        self._calm_down()
        told = self.book.save(self.logs)
        finished = self.house.ask(
            "-m", "tests.storm.finish", str(told), str(self.logs / "letters.log")
        )
        say(finished.stdout.rstrip())
        broken = self.book.unexcused()
        for one in broken:
            say(f"  {one.who}: {one.what}")
        mistakes = self.book.counts["storm's own mistakes"]
        bad = bool(finished.returncode or broken or mistakes)
        if bad:
            self._tell_how_to_look(finished.stdout)
        audit = self.house.ask("manage.py", "audit_money", "--strict")
        say(audit.stdout.rstrip())
        return int(bad or bool(audit.returncode))

    def _calm_down(self) -> None:
        double = self.house.double
        double.clear_faults()
        double.delay_webhooks(0)
        double.drop_next_webhooks(0)
        double.release_webhooks()
        pending = [each for each in double.refunds() if each["status"] == "pending"]
        for place, refund in enumerate(pending):  # every other one comes back from the bank
            double.finish_refund(refund["id"], succeeded=place % 2 == 0)
        say(f"counted: {dict(sorted(self.book.counts.items()))}")
        say(f"calm: what waits is brought to rest ({time.time() - self.began:.0f} s)")

    def _tell_how_to_look(self, findings: str) -> None:
        """Print the diaries of those who found something, and how to do it again."""
        who = {one.who for one in self.book.unexcused()}
        who |= set(re.findall(r"buyer \d+", findings))
        for name in sorted(who)[:10]:
            for line in self.book.diaries.get(name, [])[-60:]:
                say(f"    {name}: {line}")
        say(f"again: make storm ORDERS={self.orders} SEED={self.seed}")
        say(f"logs: {self.logs}")
