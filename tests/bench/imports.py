"""Imports files of 20,000 rows: time, memory, queries, and how long checkout waits for a row.

Prints lines of name, number, limit ("" for none). Runs in its own process, with the environment of
the measured shop. Meanwhile a thread changes stock as orders do, and notes its longest wait.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.files.base import ContentFile  # noqa: E402
from django.db import OperationalError, connection, transaction  # noqa: E402

from catalog.models import (  # noqa: E402
    Category,
    Product,
    ProductAttribute,
    ProductCategory,
    ProductClass,
)
from catalog.partner.models import Partner, StockRecord  # noqa: E402
from microflight.imports import tasks  # noqa: E402
from microflight.imports.models import ImportJob, State  # noqa: E402

PRODUCTS, BATCH = 20_000, 2_000
#: Seconds that one order may wait for a row that an import has locked.
MOST_WAIT = 10


@transaction.atomic
def seed() -> None:
    """Create 20,000 products with a category, a stock record and an attribute, once."""
    if Product.objects.filter(upc="B-0").exists():
        return
    kind = ProductClass.objects.create(name="Motor (benchmark)")
    partner = Partner.objects.create(name="Plantraco (benchmark)")
    products = Product.objects.bulk_create(
        (
            Product(title=f"Motor {n}", slug=f"motor-{n}", upc=f"B-{n}", product_class=kind)
            for n in range(PRODUCTS)
        ),
        batch_size=BATCH,
    )
    records = (
        StockRecord(product=one, partner=partner, partner_sku=one.upc, price=5, num_in_stock=9)
        for one in products
    )
    StockRecord.objects.bulk_create(records, batch_size=BATCH)
    category = Category.objects.add_root(instance=Category(name="Benchmark"))
    rows = (ProductCategory(product=one, category=category) for one in products)
    ProductCategory.objects.bulk_create(rows, batch_size=BATCH)
    ProductAttribute.objects.create(
        product_class=kind, code="length", name="Length", type=ProductAttribute.FLOAT
    )


#: By dataset: the columns, and the cells of row n.
FILES: dict[str, tuple[str, Callable[[int], str]]] = {
    "products": ("sku,title,weight_g", lambda n: f"B-{n},Motor {n} long,{n % 90 + 1}.5"),
    "prices": ("sku,supplier,price", lambda n: f"B-{n},,{n % 90 + 6}.25"),
    "stock": ("sku,supplier,on_hand", lambda n: f"B-{n},,{n % 40 + 50}"),
    "attributes": ("sku,attribute,value", lambda n: f"B-{n},length,{n % 50}.5"),
    "facts": ("sku,battery,hs6", lambda n: f"B-{n},none,950300"),
}


class Orders(threading.Thread):
    """Changes the stock of one product after another, as orders do; notes the longest wait."""

    def __init__(self) -> None:
        super().__init__()
        self.stopped, self.longest = threading.Event(), 0.0
        self.pks = list(StockRecord.objects.order_by("pk").values_list("pk", flat=True)[::997])

    def run(self) -> None:
        number = 0
        while not self.stopped.wait(0.05):
            number += 1
            start = time.perf_counter()
            row = StockRecord.objects.filter(pk=self.pks[number % len(self.pks)])
            with suppress(OperationalError):  # SQLite gives up after a time
                row.move(num_allocated=0)
            self.longest = max(self.longest, time.perf_counter() - start)
        connection.close()


def peak_mb() -> float:
    """Return the highest memory of this process since `reset_peak`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def reset_peak() -> None:
    """Start to measure memory again."""
    Path("/proc/self/clear_refs").write_text("5")


def imported(dataset: str) -> Iterator[tuple[str, float, float | str]]:
    """Import a file of 20,000 rows; yield what it took."""
    columns, cells = FILES[dataset]
    content = "\n".join([columns, *map(cells, range(PRODUCTS))]).encode()
    job = ImportJob(dataset=dataset, mode="both", file_name=f"{dataset}.csv")
    job.file.save("import", ContentFile(content))
    marks, count = [time.perf_counter()], 0
    apply_plan, finish = tasks._import, tasks._plan

    def counted(execute: Any, *arguments: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*arguments)

    def planned(one: ImportJob) -> Any:
        found = finish(one)
        marks.append(time.perf_counter())
        return found

    def saved(one: ImportJob) -> Any:
        found = apply_plan(one)
        marks.append(time.perf_counter())
        return found

    tasks._plan, tasks._import = planned, saved
    reset_peak()
    orders = Orders()
    orders.start()
    try:
        with connection.execute_wrapper(counted):
            tasks.check(job.pk)
            job.refresh_from_db()
            if job.state != State.CHECKED:
                raise SystemExit(f"{dataset}: {job.message} {job.report['errors'][:3]}")
            tasks.ImportJob.objects.filter(pk=job.pk).update(
                state=State.IMPORTING, progress_at=None
            )
            tasks.run(job.pk)
    finally:
        orders.stopped.set()
        orders.join()
        tasks._plan, tasks._import = finish, apply_plan
    job.refresh_from_db()
    if job.state != State.IMPORTED or job.created + job.updated < PRODUCTS * 0.9:
        raise SystemExit(f"{dataset}: {job.state} {job.message} {job.report.get('errors')}"[:500])
    check, plan, save = (late - early for early, late in zip(marks, marks[1:], strict=False))
    yield "dry run: seconds", check, ""
    yield "import, before rows are locked: seconds", plan, ""
    yield "import, rows are locked: seconds", save, ""
    yield "import, pages are updated: seconds", time.perf_counter() - marks[-1], ""
    yield "longest wait of an order: seconds", orders.longest, MOST_WAIT
    yield "queries for each row, both passes", count / PRODUCTS, 1
    yield "peak memory: MB", peak_mb(), 600


def main() -> None:
    """Print all lines."""
    seed()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for dataset in FILES:
        for name, value, limit in imported(dataset):
            print(f"{dataset}: {name}\t{value:.2f}\t{limit}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
