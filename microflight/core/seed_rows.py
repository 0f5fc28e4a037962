"""Rows that a new shop starts with, in TOML files. Once they are created, they belong to staff."""

import tomllib
from pathlib import Path
from typing import Any

from django.apps import apps


def load_rows(path: Path, **texts: str) -> int:
    """Create the rows of a TOML file that are missing; return how many. What staff changed stays.

    Each table is named after a model: `key` are the fields that identify a row, `common` the values
    that all rows share unless they have their own, `rows` the rest. `{NAME}` in a value stands for
    one of `texts`, here or in the file.
    """
    data = read_toml(path)
    texts |= data.pop("texts", {})
    return sum(
        _load_table(apps.get_model(app, name), table, texts)
        for app, models in data.items()
        for name, table in models.items()
    )


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _load_table(model: Any, table: dict[str, Any], texts: dict[str, str]) -> int:
    common, key = table.get("common", {}), table["key"]
    known = set(model.objects.values_list(*key))
    rows = [_filled({**common, **row}, texts) for row in table["rows"]]
    missing = [row for row in rows if tuple(row[name] for name in key) not in known]
    return len(model.objects.bulk_create(model(**row) for row in missing))


def _filled(row: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    filled = dict(row)
    for column, value in row.items():
        if isinstance(value, str) and "{" in value:
            filled[column] = value.format_map(texts)
    return filled
