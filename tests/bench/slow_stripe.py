"""The home page while Stripe hangs and shoppers pay, compared with the shop without shoppers."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles

from tests.bench.placing import GOODS, Side, stripe_double
from tests.bench.report import Row
from tests.bench.servers import gunicorn, shop_environment
from tests.bench.shops import Ours, card_token
from tests.bench.visitor import Visitor, wanted
from tests.engines.postgres import free_port
from tests.stripe_double.control import Control

SHOPPERS = 16
SECONDS = 45  # of each measurement: longer than three deadlines
PRESS_EVERY = 3  # seconds, of one shopper
VISIT_EVERY = 0.05


def measure(database: str, var: Path) -> list[Row]:
    """Return the p95 of `/` with and without 16 shoppers whose payments hang."""
    with stripe_double() as double:
        port = free_port()
        env = shop_environment(
            database, var, STRIPE_API_BASE=double, STRIPE_JS_URL=Control(double).js_url,
            SITE_URL=f"http://127.0.0.1:{port}", BEHIND_PROXY="1",
        )  # fmt: skip
        goods = Side("ours", env, "tests.bench.ours").ask("stock", *GOODS).split()
        with gunicorn("microflight.wsgi", env, port, config="microflight/gunicorn.py") as site:
            forms = [_filled(site, double, goods) for _ in range(SHOPPERS)]
            _visits(site, 3)  # warm up
            unloaded = _visits(site, SECONDS)
            Control(double).fault(r" /v1/", stall=True, times=1_000_000)
            loaded, presses = _with_shoppers(site, forms)
            Control(double).clear_faults()
    return _rows(unloaded, loaded, presses)


def _filled(site: str, double: str, goods: list[str]) -> tuple[Visitor, dict[str, str]]:
    visitor = Visitor(site)
    form = Ours().fill(visitor, goods) | {"confirmation_token": card_token(double)}
    return visitor, form


def _visits(site: str, seconds: float) -> list[float]:
    """Request `/` again and again; return the seconds of each request."""
    until, found, pause = time.perf_counter() + seconds, [], threading.Event()
    while (start := time.perf_counter()) < until:
        wanted(Visitor(site).get("/"), 200)
        found.append(time.perf_counter() - start)
        pause.wait(VISIT_EVERY)
    return found


def _with_shoppers(
    site: str, forms: list[tuple[Visitor, dict[str, str]]]
) -> tuple[list[float], list[tuple[int, float]]]:
    """Request `/` while all shoppers press Pay; return seconds, and status and seconds of Pay."""
    until, pause = time.perf_counter() + SECONDS, threading.Event()

    def press(visitor: Visitor, form: dict[str, str]) -> list[tuple[int, float]]:
        found = []
        while (start := time.perf_counter()) < until:
            status = Ours().press(visitor, form).status
            found.append((status, time.perf_counter() - start))
            pause.wait(PRESS_EVERY)
        return found

    with ThreadPoolExecutor(SHOPPERS) as crowd:
        shoppers = [crowd.submit(press, *each) for each in forms]
        visits = _visits(site, SECONDS)
        return visits, [each for shopper in shoppers for each in shopper.result()]


def _p95(seconds: list[float]) -> float:
    return quantiles(seconds, n=20)[-1]


def _rows(
    unloaded: list[float], loaded: list[float], presses: list[tuple[int, float]]
) -> list[Row]:
    name = f"Stripe hangs, {SHOPPERS} shoppers pay"
    answers = Counter(status for status, _ in presses)
    return [
        Row("home page, unloaded, p95", _p95(unloaded) * 1000, None, "ms"),
        Row(f"{name}, home page, p95", _p95(loaded) * 1000, None, "ms"),
        Row(f"{name}, home page, p95 to unloaded", _p95(loaded) / _p95(unloaded), 3, "ratio"),
        Row(f"{name}, home page, slowest", max(loaded) * 1000, None, "ms"),
        Row(f"{name}, pay, slowest", max(seconds for _, seconds in presses), 14, "s"),
        Row(f"{name}, pay, 402 (not charged, or being checked)", answers[402], None, "answers"),
        Row(f"{name}, pay, 503 (no slot, nothing placed)", answers[503], None, "answers"),
        Row(
            f"{name}, pay, other answers", len(presses) - answers[402] - answers[503], 0, "answers"
        ),
    ]
