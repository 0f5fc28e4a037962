"""Undo of one change of many records: all at once, in a few queries for each table."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction

from microflight.core import history


@transaction.atomic
def undo(model: Any, pairs: Iterable[tuple[Any, Any]]) -> tuple[list[Any], list[Any]]:
    """Restore the version before each version of a change; without one, the record was created by
    it and is deleted.

    Returns the versions that were undone, and those that were not: records that were changed
    since, or that break a rule by now.
    """
    last: dict[Any, Any] = {}
    before: dict[Any, Any] = {}
    for version, older in sorted(pairs, key=lambda pair: pair[0].history_id):
        pk = history.version_pk(version)
        last[pk] = version
        before.setdefault(pk, older)
    column = model._meta.pk.attname
    rows = model.history.filter(**{f"{column}__in": last}).order_by().values_list(column)
    newest = dict(rows.annotate(newest=models.Max("history_id")))
    same = {pk: before[pk] for pk, version in last.items() if newest[pk] == version.history_id}
    stored = {pk: older for pk, older in same.items() if older and older.history_type != "-"}
    created = same.keys() - stored.keys()
    if created:
        model._base_manager.filter(pk__in=created).delete()
    undone = created | _restore(model, stored)
    return [last[pk] for pk in undone], [last[pk] for pk in last.keys() - undone]


def _restore(model: Any, versions: Mapping[Any, Any]) -> set[Any]:
    """Restore versions of existing records, one for each primary key; return the restored keys."""
    if not versions:
        return set()
    locked = model._base_manager.select_for_update(of=("self",)).order_by("pk")
    records = locked.in_bulk(list(versions))
    changes = {pk: _set(record, versions[pk]) for pk, record in records.items()}
    alone = {
        pk for pk in versions if pk not in records or changes[pk] & model.history_records.watched
    }
    together = {pk: one for pk, one in records.items() if pk not in alone}
    try:
        with transaction.atomic():
            _restore_together(model, together, {pk: versions[pk] for pk in together}, changes)
    except IntegrityError:
        alone, together = set(versions), {}
    return together.keys() | {pk for pk in sorted(alone) if _restore_one(versions[pk])}


def _set(record: Any, version: Any) -> set[str]:
    """Give a record the values of a version; return the names of those that are other ones."""
    names = set()
    for field in version.tracked_fields:
        value = getattr(version, field.attname)
        if getattr(record, field.attname) != value:
            setattr(record, field.attname, value)
            names.add(field.name)
    return names


def _restore_together(
    model: Any, records: Mapping[Any, Any], versions: Mapping[Any, Any], changes: Mapping[Any, Any]
) -> None:
    """Save records that have the values of their versions. Raises IntegrityError."""
    for name in model.history_records.related:
        wanted = {
            (pk, other) for pk, version in versions.items() for other in version.related[name]
        }
        _set_related(model._meta.get_field(name), list(versions), wanted)
    if names := sorted(set().union(*(changes[pk] for pk in records))):
        rows = model._default_manager.all()
        models.QuerySet.bulk_update(rows, records.values(), names, batch_size=history.BATCH)
    history.history_of(model).record_changed(records.values(), "~")
    connection.check_constraints(table_names=[model._meta.db_table])


def _set_related(field: Any, pks: list[Any], wanted: set[tuple[Any, Any]]) -> None:
    """Set a many-to-many field of several records to pairs of primary keys, as far as both exist.
    Four queries at most."""
    through = field.remote_field.through
    ends = (field.m2m_column_name(), field.m2m_reverse_name())
    stored = through._base_manager.filter(**{f"{ends[0]}__in": pks})
    known = {(one, other): pk for pk, one, other in stored.values_list("pk", *ends)}
    extra = [pk for pair, pk in known.items() if pair not in wanted]
    missing = wanted - known.keys()
    others = field.related_model._base_manager.filter(pk__in={other for _one, other in missing})
    existing = set(others.values_list("pk", flat=True)) if missing else set()
    if extra:
        through._base_manager.filter(pk__in=extra).delete()
    through._base_manager.bulk_create(
        through(**dict(zip(ends, pair, strict=True))) for pair in missing if pair[1] in existing
    )


def _restore_one(version: Any) -> bool:
    try:
        history.restore(version)
    except ValidationError:
        return False
    return True
