"""Which records can be deleted: those that nothing else needs. Others are withdrawn.

An admin lists the tables whose rows go with a record (`deleted_with`). Rows of any other table
that refer to it keep it, and so do the reasons of receivers of `deletion_requested`: packages
above, which know the record by its code.
"""

from collections.abc import Collection, Iterable
from typing import Any, cast

from django.contrib.admin.utils import NestedObjects
from django.db import DEFAULT_DB_ALIAS, models
from django.dispatch import Signal
from django.utils.translation import gettext

#: Asks for reasons to keep some records. Sender: their model; argument: `records` (a list).
#: Receivers return a list of texts.
deletion_requested = Signal()

_EXAMPLES = 3  # rows named in a reason


def reasons_to_keep(records: list[Any], deleted_with: Collection[str]) -> list[str]:
    """Return what else refers to these records of one model, for staff."""
    model = type(records[0])
    collector = NestedObjects(using=DEFAULT_DB_ALIAS, origin=records)
    collector.collect(records)
    allowed = {*deleted_with, model._meta.label_lower, *_settings_of(model)}
    rows: dict[type[models.Model], dict[Any, Any]] = {}
    for each in (*_collected(collector), *collector.protected):
        if each._meta.label_lower not in allowed:
            rows.setdefault(type(each), {})[each.pk] = each
    reasons = [_describe(kind, list(found.values())) for kind, found in rows.items()]
    for _receiver, more in deletion_requested.send(sender=model, records=records):
        reasons += cast(list[str], more)
    return reasons


def _settings_of(model: type[models.Model]) -> set[str]:
    """Return the tables of a model's own many-to-many fields."""
    fields: Any = model._meta.many_to_many
    return {field.remote_field.through._meta.label_lower for field in fields}


def _collected(collector: NestedObjects) -> Iterable[Any]:
    """Yield the rows that would be deleted, or lose their reference."""
    for rows in collector.data.values():
        yield from rows
    for updates in collector.field_updates.values():
        for each in updates:
            yield from cast(Iterable[Any], each)


def _describe(kind: type[models.Model], rows: list[Any]) -> str:
    """Return "3 order lines: A; B; C"; of a many-to-many table, the records it refers from."""
    opts = kind._meta
    if opts.auto_created:
        source = cast(Any, opts.auto_created)
        opts = source._meta
        name = next(field.name for field in kind._meta.fields if field.related_model is source)
        rows = [getattr(row, name) for row in rows]
    plural = opts.verbose_name if len(rows) == 1 else opts.verbose_name_plural
    examples = "; ".join(str(row) for row in rows[:_EXAMPLES])
    return gettext("%(count)s %(name)s: %(examples)s") % {
        "count": len(rows),
        "name": str(plural).lower(),
        "examples": examples + ("; …" if len(rows) > _EXAMPLES else ""),
    }
