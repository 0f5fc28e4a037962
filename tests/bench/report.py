"""The results of a benchmark, as a table and as bench.json."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement and its limit."""

    name: str
    value: float
    limit: float | None
    unit: str = ""
    at_least: bool = False

    @property
    def within(self) -> bool | None:
        """Return whether the limit is met; None without a limit."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def show(rows: list[Row], folder: Path) -> int:
    """Print the table, write bench.json, end with the count; return how many fall short."""
    width = max(len(row.name) for row in rows)
    for row in rows:
        sign = ">=" if row.at_least else "<="
        limit = "" if row.limit is None else f"{sign} {row.limit:g}"
        verdict = {None: "", True: "within", False: "SHORT"}[row.within]
        line = f"{row.name:<{width}}  {row.value:>10.2f} {row.unit:<12} {limit:<10} {verdict}"
        print(line.rstrip())  # noqa: T201
    results = [asdict(row) | {"within": row.within} for row in rows]
    (folder / "bench.json").write_text(json.dumps(results, indent=1) + "\n")
    short = sum(row.within is False for row in rows)
    print(f"bench: {sum(row.within is True for row in rows)} within, {short} short")  # noqa: T201
    return short
