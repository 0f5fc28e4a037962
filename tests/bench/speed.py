"""Pages a second, compared with a bare Django page in the same run."""

from pathlib import Path
from statistics import median

from tests.bench.load import burst
from tests.bench.report import Row
from tests.bench.servers import gunicorn, shop_environment

ROUNDS = 7


def measure(database: str, var: Path, category: str, product: str) -> list[Row]:
    """Return the ratios of a category and a product page to a bare Django page, cached and not."""
    cached = shop_environment(database, var)
    uncached = shop_environment(database, var, PAGE_CACHE_SECONDS="0")
    with (
        gunicorn(
            "tests.bench.bare_django.app:application", shop_environment(database, var)
        ) as bare,
        gunicorn("microflight.wsgi", cached) as warm,
        gunicorn("microflight.wsgi", uncached) as cold,
    ):
        pages = {
            "bare Django": f"{bare}/",
            "category page, cached": warm + category,
            "category page, uncached": cold + category,
            "product page, cached": warm + product,
            "product page, uncached": cold + product,
        }
        speeds: dict[str, list[float]] = {name: [] for name in pages}
        for url in pages.values():
            burst(url, seconds=1)  # warm up
        for _ in range(ROUNDS):
            for name, url in pages.items():
                speeds[name].append(burst(url).per_second)
    rows = [Row("bare Django", median(speeds["bare Django"]), None, "pages/s")]
    for name in list(pages)[1:]:
        ratios = [
            mine / base for mine, base in zip(speeds[name], speeds["bare Django"], strict=True)
        ]
        limit = 0.3 if "uncached" in name else 0.8
        rows.append(Row(name, median(speeds[name]), None, "pages/s"))
        rows.append(Row(f"{name}, of bare Django", median(ratios), limit, "ratio", at_least=True))
    return rows
