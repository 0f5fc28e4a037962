"""Buyers in a process of their own: reads a job as JSON, prints what came of it as JSON.

Carts and checkouts are filled and cards are tokenised before the clock starts. Then it runs over
the last press of each buyer alone; or, for whole checkouts, from no cart to the placed order.
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
    """Who buys what, where. `whole` times whole checkouts instead of the last press."""

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
    """`placed` and `refused` orders, `seconds` from first to last and of each press, and the
    processor seconds that the shop's web workers took for all of them."""

    placed: int
    refused: int
    seconds: float
    presses: list[float]
    cpu: float

    @property
    def per_second(self) -> float:
        """Orders placed in a second."""
        return self.placed / self.seconds


def send(job: Job) -> Outcome:
    """Let a job be done in another process."""
    command = [sys.executable, "-m", "tests.bench.buyers"]
    done = subprocess.run(
        command, input=json.dumps(asdict(job)), stdout=subprocess.PIPE, text=True, check=True
    )
    return Outcome(**json.loads(done.stdout))


def _filled(job: Job) -> Callable[[], bool]:
    """Fill a checkout; return its last press, which tells whether the order is placed."""
    shop, visitor = SHOPS[job.shop], Visitor(job.site)
    form = shop.fill(visitor, job.products) | {"confirmation_token": card_token(job.double)}
    return lambda: shop.is_placed(shop.press(visitor, form))


def _bought(job: Job) -> Callable[[], bool]:
    """Return a whole checkout, with nothing done yet."""
    return lambda: _filled(job)()


def _pressed(presses: list[Callable[[], bool]], job: Job) -> Outcome:
    """Let all buyers press at once until no press is left."""
    taken, lock = iter(presses), threading.Lock()
    times: list[float] = []
    verdicts: list[bool] = []

    def buy() -> None:
        while True:
            with lock:
                press = next(taken, None)
            if press is None:
                return
            start = time.perf_counter()
            verdicts.append(press())
            times.append(time.perf_counter() - start)

    start, cpu = time.perf_counter(), workers_cpu(job.pid)
    with ThreadPoolExecutor(job.buyers) as crowd:
        for buyer in [crowd.submit(buy) for _ in range(job.buyers)]:
            buyer.result()
    seconds = time.perf_counter() - start
    cpu = workers_cpu(job.pid) - cpu
    return Outcome(sum(verdicts), verdicts.count(False), seconds, times, cpu)


def main() -> None:
    """Do the job on standard input."""
    job = Job(**json.load(sys.stdin))
    if job.whole:
        presses = [_bought(job) for _ in range(job.orders)]
    else:
        with ThreadPoolExecutor(2) as fillers:
            presses = list(fillers.map(_filled, [job] * job.orders))
    json.dump(asdict(_pressed(presses, job)), sys.stdout)


if __name__ == "__main__":
    main()
