"""Every version of a record: old and new values, who, when and why; and restoring one.

`History` is django-simple-history's `HistoricalRecords`, with three additions: the version before
the first recorded change (so no table has to be copied once), many-to-many fields as IDs in one
column, and who and why from a `recorded` block. `QuerySet.update`, which orders use for stock,
writes no version.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta
from itertools import islice
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models.signals import m2m_changed, pre_save
from django.utils import timezone
from simple_history.models import HistoricalRecords

BATCH = 500  # rows
#: Changes of many-to-many fields within this time belong to the version of the same save.
_SAME_SAVE = timedelta(seconds=2)
#: Who changes records in this context, and why; None: the user of the request, without a reason.
_change: ContextVar[tuple[Any, str] | None] = ContextVar("change", default=None)


def batched(rows: Iterable[Any], size: int = BATCH) -> Iterator[list[Any]]:
    """Yield lists of so many rows."""
    remaining = iter(rows)
    while some := list(islice(remaining, size)):
        yield some


@contextmanager
def recorded(by: Any, reason: str) -> Iterator[None]:
    """Record all changes in this block as those of a user (or None), with a reason."""
    token = _change.set((by, reason[:100]))
    try:
        yield
    finally:
        _change.reset(token)


def history_of(model: Any) -> "History":
    """Return the history of a model, for rows that are saved in bulk."""
    return model.history_records


def update_in_bulk(model: Any, objs: Iterable[Any], fields: Iterable[str]) -> None:
    """Update columns of locked rows, with their versions."""
    objs = list(objs)
    history_of(model).keep_first_of(objs)
    write(model, objs, fields)
    history_of(model).record_changed(objs, "~")


def write(model: Any, objs: Iterable[Any], fields: Iterable[str]) -> None:
    """Write columns of locked rows. `bulk_update` takes ten times as long to compile its CASE."""
    quote, columns = connection.ops.quote_name, [model._meta.get_field(name) for name in fields]
    settings = ", ".join(f"{quote(field.column)} = %s" for field in columns)
    values = [
        [
            *(field.get_db_prep_save(getattr(one, field.attname), connection) for field in columns),
            one.pk,
        ]
        for one in objs
    ]
    table, pk = quote(model._meta.db_table), quote(model._meta.pk.column)
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET {settings} WHERE {pk} = %s", values)  # noqa: S608 (names of columns)


class HistoryQuerySet(models.QuerySet):
    """For models that are saved in bulk: rows of staff get their versions, too."""

    model: Any

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        """Update rows, with their versions."""
        objs = list(objs)
        history_of(self.model).keep_first_of(objs)
        done = super().bulk_update(objs, fields, batch_size)
        history_of(self.model).record_changed(objs, "~")
        return done

    def bulk_create(self, objs: Any, *args: Any, **options: Any) -> Any:
        """Create rows, with their versions; a seed without a user has none."""
        made = super().bulk_create(objs, *args, **options)
        if self.model.history_records.get_history_user(None) is not None:
            self.model.history_records.record_changed(made, "+")
        return made


class RelatedIds(models.Model):
    """The column of a version for the IDs in its many-to-many fields, by name."""

    related = models.JSONField(default=dict, editable=False)

    class Meta:
        abstract = True


class History(HistoricalRecords):
    """The history of a model. `related` names many-to-many fields that belong to a version, and
    `watched` columns whose change has consequences: undo saves those records one by one."""

    def __init__(
        self,
        *,
        excluded: tuple[str, ...] = (),
        related: tuple[str, ...] = (),
        watched: tuple[str, ...] = (),
    ) -> None:
        self.related, self.watched = related, frozenset(watched)
        super().__init__(excluded_fields=list(excluded), bases=(RelatedIds,))

    def finalize(self, sender: Any, **options: Any) -> None:
        """Create the model of versions, and connect what precedes a change."""
        super().finalize(sender, **options)
        if self.cls is not sender:
            return
        self.model = sender
        sender.history_records = self
        pre_save.connect(self.keep_first, sender=sender, weak=False)
        for name in self.related:
            through: Any = sender._meta.get_field(name).remote_field.through
            if isinstance(through, str) and "." not in through:
                through = f"{sender._meta.app_label}.{through}"
            m2m_changed.connect(self.related_changed, sender=through, weak=False)

    def keep_first(self, instance: Any, raw: bool = False, **_options: Any) -> None:
        """Before a change, record what is stored, unless a version is known."""
        if raw or instance._state.adding or self._versions(instance).exists():
            return
        stored = type(instance)._base_manager.filter(pk=instance.pk).first()
        if stored is not None:
            with recorded(None, ""):
                self.create_historical_record(stored, "+")

    def keep_first_of(self, instances: Iterable[Any]) -> None:
        """The same for many rows, in a few queries."""
        for some in batched(instances):
            pks = [one.pk for one in some]
            known = self._newest_of(some)
            stored = type(some[0])._base_manager.filter(pk__in=pks)
            with recorded(None, ""):
                self._record([one for one in stored if one.pk not in known], "+")

    def record_changed(self, instances: Iterable[Any], history_type: str) -> None:
        """Record rows that were saved without signals, if they differ from their newest version."""
        for some in batched(instances):
            newest, related = self._newest_of(some), self._related_of(some)
            names = [field.attname for field in self.fields_included(some[0])]
            changed = [
                one
                for one in some
                if (last := newest.get(one.pk)) is None
                or any(getattr(last, name) != getattr(one, name) for name in names)
                or last.related != related[one.pk]
            ]
            self._record(changed, history_type)

    def _record(self, instances: list[Any], history_type: str) -> None:
        """Create versions in one query, as `create_historical_record` does one by one."""
        model: Any = self._model_of_versions()
        related = self._related_of(instances)
        rows = [
            model(
                history_date=timezone.now(),
                history_user=self.get_history_user(one),
                history_change_reason=self.get_change_reason_for_object(one, history_type, ""),
                history_type=history_type,
                related=related[one.pk],
                **{each.attname: getattr(one, each.attname) for each in model.tracked_fields},
            )
            for one in instances
        ]
        model.objects.bulk_create(rows, batch_size=BATCH)

    def _model_of_versions(self) -> Any:
        return getattr(self.model, self.manager_name).model

    def _newest_of(self, instances: Iterable[Any]) -> dict[Any, Any]:
        """Return the newest version of rows by their primary keys. One query."""
        model, pk = self._model_of_versions(), self.model._meta.pk.attname
        rows = model.objects.filter(**{f"{pk}__in": [one.pk for one in instances]})
        newest = rows.order_by().values(pk).annotate(newest=models.Max("history_id"))
        found = model.objects.filter(history_id__in=newest.values("newest"))
        return {getattr(one, pk): one for one in found}

    def related_changed(self, instance: Any, action: str, reverse: bool, **_options: Any) -> None:
        """Record a change of a many-to-many field, with the save that it belongs to."""
        if reverse:
            return
        if action.startswith("pre_"):
            self.keep_first(instance)
            return
        newest = self._versions(instance).first()
        by = self.get_history_user(instance)
        if (
            newest
            and newest.history_user_id == (by.pk if by else None)
            and timezone.now() - newest.history_date < _SAME_SAVE
            and newest.history_change_reason == self.get_change_reason_for_object(instance, "~", "")
        ):
            newest.related = self._related_ids(instance)
            newest.save(update_fields=["related"])
        else:
            self.create_historical_record(instance, "~")

    def create_historical_record_m2ms(self, history_instance: Any, instance: Any) -> None:
        """Store the IDs of many-to-many fields in the version itself."""
        if self.related and history_instance.history_type != "-":
            history_instance.related = self._related_ids(instance)
            history_instance.save(update_fields=["related"])

    def get_history_user(self, instance: Any) -> Any:
        """Return who makes a change: of the `recorded` block, else of the request."""
        change = _change.get()
        return change[0] if change else super().get_history_user(instance)

    def get_change_reason_for_object(self, instance: Any, history_type: str, using: Any) -> Any:
        """Return the reason of the `recorded` block."""
        change = _change.get()
        return change[1] if change else ""

    def _versions(self, instance: Any) -> Any:
        history = getattr(type(instance), self.manager_name)
        return history.filter(**{instance._meta.pk.attname: instance.pk})

    def _related_ids(self, instance: Any) -> dict[str, list[int]]:
        return self._related_of([instance])[instance.pk]

    def _related_of(self, instances: Collection[Any]) -> dict[Any, dict[str, list[int]]]:
        """Return the IDs in many-to-many fields by primary key. One query for each field."""
        found: dict[Any, dict[str, list[int]]] = {
            one.pk: {name: [] for name in self.related} for one in instances
        }
        for name in self.related if found else ():
            rows = self.model._base_manager.filter(pk__in=found, **{f"{name}__isnull": False})
            for pk, other in rows.order_by(name).values_list("pk", name):
                found[pk][name].append(other)
        return found


def tracked_models() -> list[Any]:
    """Return the models that have a history."""
    return [one for one in apps.get_models() if hasattr(one._meta, _MANAGER)]


_MANAGER = "simple_history_manager_attribute"


@transaction.atomic
def restore(version: Any) -> Any:
    """Save a record as it was in a version, through its own `save`; return it.

    A deleted record is created again. Levels of stock and other columns without history stay.
    Raises ValidationError, and changes nothing.
    """
    model = version.instance_type
    record = model._base_manager.select_for_update().filter(pk=version_pk(version)).first()
    if record is None:
        record = version.instance
    for field in version.tracked_fields:
        setattr(record, field.attname, getattr(version, field.attname))
    record.full_clean()
    record.save()
    for name, ids in version.related.items():
        manager = getattr(record, name)
        manager.set(manager.model._base_manager.filter(pk__in=ids))
    return record


def version_pk(version: Any) -> Any:
    """Return the primary key of the record of a version."""
    return getattr(version, version.instance_type._meta.pk.attname)


def delete_old(days: int) -> int:
    """Delete versions that are older than this; return how many. The next change of a record
    records what is stored by then (see `History.keep_first`)."""
    before = timezone.now() - timedelta(days=days)
    return sum(
        model.history.filter(history_date__lt=before).delete()[0] for model in tracked_models()
    )
