"""The storm: buyers, staff and faults at once, then a comparison and the audit."""

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
from tests.storm.fault_injection import RELEASED, FaultInjector, ProcessFaults, StripeFaults
from tests.storm.fault_plan import PROCESS_FAULTS, STRIPE_FAULTS, faults
from tests.storm.mail_server import MailServer
from tests.storm.results import FailedResponse, Results
from tests.storm.returns import Customers, ReturnsClerk
from tests.storm.services import Services, pause
from tests.storm.shopper import Context, Shopper
from tests.storm.staff import UNANSWERED, Clerk, OrderClerk
from tests.storm.stripe_js import StripeJs

BUYERS = 8  # at once
ORDER_CLERKS = 2
STRIPE_GAP = 4  # visits between two faults at Stripe, in the mean
PROCESS_GAP = 18  # and between two kills


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
    """Audits the open shop twice: an order in progress must not be a breach."""

    def __init__(self, storm: "Storm") -> None:
        super().__init__(name="auditor", daemon=True)
        self.storm = storm

    def run(self) -> None:
        """Look after a third and after two thirds of the orders."""
        results, wanted = self.storm.results, self.storm.orders
        for part in (wanted // 3, 2 * wanted // 3):
            while len(results.orders) < part:
                pause(0.5)
            began = time.time()
            done = self.storm.services.ask("manage.py", "audit_money")
            lines = [each for each in done.stdout.splitlines() if "  ok  " not in each]
            results.log(self.name, f"{time.time() - began:.1f} s: {lines}")
            results.count("audits beside the shop")
            found = re.search(r"(\d+) breaches$", done.stdout.strip())
            # staff resolve what a bank released after the order was placed, and what Stripe
            # cancelled for them without an answer
            released = sum("its payment is cancelled" in line for line in lines)
            if found is None:  # the database was killed under it
                results.count("audits cut off")
            elif int(found[1]) > min(
                released, results.counts[RELEASED] + results.counts[UNANSWERED]
            ):
                what = "audit beside the working shop: " + " | ".join(lines)
                results.add_failure(FailedResponse(self.name, what, 0, 0, excusable=False))


@dataclass
class Storm:
    """One run until there are `orders` orders, with the plan of `seed`."""

    orders: int
    seed: int
    calm: bool = False  # without kills and faults
    wild: bool = False  # with four times as many
    folder: InitVar[Path | None] = None  # for the logs
    results: Results = field(default_factory=Results)

    def __post_init__(self, folder: Path | None) -> None:
        if folder is None:  # the one of the last such run is replaced
            folder = ROOT / "var" / f"storm-{self.seed}-{self.orders}"
            shutil.rmtree(folder, ignore_errors=True)
        self.logs = folder.resolve()
        self.logs.mkdir(parents=True, exist_ok=True)
        self.mail_server = MailServer(self.logs / "emails.log")
        # a short storm must also see orders expire, and jobs run
        window, faster = ("30", "6") if self.orders > 200 else ("10", "15")
        waits = {"STORM_WINDOW_SECONDS": window, "STORM_FASTER": faster}
        self.services = Services(self.logs, waits, str(self.seed))
        self.begun = 0  # visits
        self.over = threading.Event()
        self._numbers = threading.Lock()
        self.began = time.time()

    def run(self) -> int:
        """Do everything; return the exit code."""
        self.mail_server.start()
        try:
            self._open()
            self._run_all()
            return self._compare()
        finally:
            self.over.set()
            self.services.close()
            self.mail_server.stop()
            self.results.save(self.logs)

    def _open(self) -> None:
        say(f"storm: {self.orders} orders, seed {self.seed}; logs in {self.logs}")
        self.services.open(self.mail_server.port)
        made = self.services.ask("-m", "tests.storm.shop")
        if made.returncode:
            raise RuntimeError("The shop could not be stocked.")
        self.services.run()
        threading.Thread(target=self._supervise, name="supervisor", daemon=True).start()
        say(f"the shop is open after {time.time() - self.began:.0f} s")
        products = {name: tuple(where) for name, where in json.loads(made.stdout).items()}
        stripe_js, customers = StripeJs(self.services.double.url), Customers(self.results)
        self.context = Context(self.services.shop, stripe_js, products, self.results, customers)  # type: ignore[arg-type]

    def _run_all(self) -> None:
        desks = [OrderClerk] * ORDER_CLERKS + [ReturnsClerk]
        place = (self.services.shop, self.results, self.seed)
        clerks: list[Clerk | Customers] = [desk(*place, n) for n, desk in enumerate(desks)]
        clerks.append(self.context.customers)
        buyers = [threading.Thread(target=self._buy, daemon=True) for _ in range(BUYERS)]
        self.began = time.time()
        injectors, auditor = self._injectors(), Auditor(self)
        for thread in (*clerks, *buyers, *injectors, auditor):
            thread.start()
        while any(buyer.is_alive() for buyer in buyers):
            show(self._progress())
            pause(1 if sys.stdout.isatty() else 10)
        show(self._progress() + "\n" * sys.stdout.isatty())
        for each in injectors:
            each.stopped.set()
        for clerk in clerks:
            clerk.stopped.set()
        self.services.processes["stock clerk"].stop()
        for thread in (*injectors, *clerks, auditor):
            thread.join(timeout=120)

    def _supervise(self) -> None:
        """A Celery worker that loses its broker with a task in hand ends; nothing else may."""
        while not self.over.wait(1):
            for name in self.services.restart_ended():
                self.results.count(f"ended by itself: {name}")
                if name != "worker":
                    what = f"{name} ended by itself"
                    self.results.add_failure(FailedResponse("house", what, 0, 0, excusable=False))

    def _buy(self) -> None:
        while len(self.results.orders) < self.orders:
            number = self._next_number()
            try:
                Shopper(self.context, plan.visit(self.seed, number)).shop()
            except Exception as error:  # an error of the storm itself: never silent
                self.results.log(f"buyer {number}", f"{type(error).__name__}: {error}")
                self.results.count("errors of the storm")

    def _next_number(self) -> int:
        with self._numbers:
            self.begun += 1
            return self.begun - 1

    def _injectors(self) -> list[FaultInjector]:
        if self.calm:
            return []
        less = 4 if self.wild else 1
        stripe = faults(self.seed, "stripe", STRIPE_FAULTS, gap=STRIPE_GAP // less)
        home = faults(self.seed, "home", PROCESS_FAULTS, gap=PROCESS_GAP // less)
        return [
            StripeFaults(self.services, stripe, lambda: self.begun, self.results),
            ProcessFaults(self.services, self.mail_server, home, lambda: self.begun, self.results),
        ]

    def _progress(self) -> str:
        counts, seconds = self.results.counts, time.time() - self.began
        done = len(self.results.orders)
        return (
            f"{done:>5}/{self.orders} orders  {done / seconds:.2f}/s  "
            f"confirmed {counts['confirmed']}  declined {counts['pay: declined']}  "
            f"shipped {counts['admin: ship']}  faults {counts['faults']}  kills {counts['kills']}  "
            f"failed responses {counts['failed responses']}  {seconds:.0f} s"
        )

    # --- afterwards ---

    def _compare(self) -> int:
        """Finish all jobs, compare, and return the exit code."""
        self._end_faults()
        told = self.results.save(self.logs)
        finished = self.services.ask(
            "-m", "tests.storm.compare", str(told), str(self.logs / "emails.log")
        )
        say(finished.stdout.rstrip())
        broken = self.results.unexcused()
        for one in broken:
            say(f"  {one.who}: {one.what}")
        mistakes = self.results.counts["errors of the storm"]
        bad = bool(finished.returncode or broken or mistakes)
        if bad:
            self._print_logs(finished.stdout)
        audit = self.services.ask("manage.py", "audit_money", "--strict")
        say(audit.stdout.rstrip())
        return int(bad or bool(audit.returncode))

    def _end_faults(self) -> None:
        double = self.services.double
        double.clear_faults()
        double.delay_webhooks(0)
        double.drop_next_webhooks(0)
        double.release_webhooks()
        pending = [each for each in double.refunds() if each["status"] == "pending"]
        for place, refund in enumerate(pending):  # every other one comes back from the bank
            double.finish_refund(refund["id"], succeeded=place % 2 == 0)
        say(f"counted: {dict(sorted(self.results.counts.items()))}")
        say(f"finishing all jobs ({time.time() - self.began:.0f} s)")

    def _print_logs(self, findings: str) -> None:
        """Print the logs of the buyers concerned, and how to repeat the run."""
        who = {one.who for one in self.results.unexcused()}
        who |= set(re.findall(r"buyer \d+", findings))
        for name in sorted(who)[:10]:
            for line in self.results.logs_by_name.get(name, [])[-60:]:
                say(f"    {name}: {line}")
        say(f"again: make storm ORDERS={self.orders} SEED={self.seed}")
        say(f"logs: {self.logs}")
