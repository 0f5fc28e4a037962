"""Buyers in their own process: reads a job as JSON, prints the outcome as JSON.

Carts and checkouts are filled and cards are tokenized before the clock starts. Then each buyer's
pay request is timed; or, for whole checkouts, everything from an empty cart to the placed order.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from tests.bench.servers import workers_cpu
from tests.bench.shops import SHOPS, card_token
from tests.bench.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Job:
    """Who buys what, where. `whole` times whole checkouts instead of the pay request."""

    shop: str
    site: str
    double: str
    products: list[str]
    buyers: int
    orders: int
    pid: int  # of the shop's server
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """Placed and rejected orders, seconds in total and of each pay request, and the CPU seconds of
    the shop's web workers."""

    placed: int
    refused: int
    seconds: float
    presses: list[float]
    cpu: float

    @property
    def per_second(self) -> float:
        """Return the orders placed in a second."""
        return self.placed / self.seconds


def send(job: Job) -> Outcome:
    """Run a job in another process."""
    command = [sys.executable, "-m", "tests.bench.buyers"]
    done = subprocess.run(
        command, input=json.dumps(asdict(job)), stdout=subprocess.PIPE, text=True, check=True
    )
    return Outcome(**json.loads(done.stdout))


#: Makes one purchase; returns whether the order is placed, and the seconds of its pay request.
Purchase = Callable[[], tuple[bool, float]]


def _filled(job: Job) -> Purchase:
    """Fill a checkout; return its pay request."""
    shop, visitor = SHOPS[job.shop], Visitor(job.site)
    form = shop.fill(visitor, job.products) | {"confirmation_token": card_token(job.double)}

    def press() -> tuple[bool, float]:
        start = time.perf_counter()
        placed = shop.is_placed(shop.press(visitor, form))
        return placed, time.perf_counter() - start

    return press


def _bought(job: Job) -> Purchase:
    """Return a whole checkout that has not begun."""
    return lambda: _filled(job)()


def _done(purchases: list[Purchase], job: Job) -> Outcome:
    """Make all purchases, as many at once as there are buyers."""
    waiting, lock = iter(purchases), threading.Lock()
    done: list[tuple[bool, float]] = []

    def buy() -> None:
        while True:
            with lock:
                purchase = next(waiting, None)
            if purchase is None:
                return
            done.append(purchase())

    start, cpu = time.perf_counter(), workers_cpu(job.pid)
    with ThreadPoolExecutor(job.buyers) as crowd:
        for buyer in [crowd.submit(buy) for _ in range(job.buyers)]:
            buyer.result()
    seconds = time.perf_counter() - start
    cpu = workers_cpu(job.pid) - cpu
    placed = sum(verdict for verdict, _ in done)
    return Outcome(placed, len(done) - placed, seconds, [each for _, each in done], cpu)


def main() -> None:
    """Run the job on standard input."""
    job = Job(**json.load(sys.stdin))
    if job.whole:
        purchases = [_bought(job) for _ in range(job.orders)]
    else:
        with ThreadPoolExecutor(2) as fillers:
            purchases = list(fillers.map(_filled, [job] * job.orders))
    json.dump(asdict(_done(purchases, job)), sys.stdout)


if __name__ == "__main__":
    main()
