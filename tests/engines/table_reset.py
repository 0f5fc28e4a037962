"""Empties the database after a test that committed: only the tables that it wrote.

Django empties all tables, over two hundred, and then writes content types and permissions again,
after each of these tests. Here this is done once; later, tables without rows are left alone, and so
is what Django wrote, as long as it is the same.
"""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.models import Site
from django.core.management import call_command
from django.db import ProgrammingError, connections, transaction
from django.test import TransactionTestCase

from catalog.content import seed as menu_entries

Rows = list[tuple[Any, ...]]

#: By database: the rows of each table that is not empty in an empty database.
_empty: dict[str, dict[str, Rows]] = {}
_teardown = TransactionTestCase._fixture_teardown


def use() -> None:
    """Use this instead of Django's `flush` for all tests."""
    TransactionTestCase._fixture_teardown = reset  # type: ignore[method-assign]  # on purpose


def reset(case: TransactionTestCase) -> None:
    """Empty the databases of a test."""
    if case.available_apps is not None or case.serialized_rollback:
        _teardown(case)
        return
    for alias in case._databases_names(include_mirrors=False):
        connection = connections[alias]
        if alias not in _empty or not _is_restored(connection, _empty[alias]):
            call_command("flush", verbosity=0, interactive=False, database=alias)
            menu_entries.load()  # a migration made them
            _empty[alias] = {name: _rows(connection, name) for name in _filled(connection)}
        ContentType.objects.clear_cache()
        Site.objects.clear_cache()


def _is_restored(connection: Any, kept: dict[str, Rows]) -> bool:
    """Delete all rows but those of `kept`, and write these again where they differ; return False
    where the database does not allow that."""
    filled = _filled(connection)
    changed = {name for name in kept if name not in filled or _rows(connection, name) != kept[name]}
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            if connection.vendor == "postgresql":  # no triggers, which check keys and protect rows
                cursor.execute("SET LOCAL session_replication_role = replica")
            for name in filled - kept.keys() | changed:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")  # noqa: S608 (names of tables)
            for name in changed:
                places = ", ".join(["%s"] * len(kept[name][0]))
                table = connection.ops.quote_name(name)
                statement = f"INSERT INTO {table} VALUES ({places})"  # noqa: S608 (names of tables)
                cursor.executemany(statement, kept[name])
    except ProgrammingError:  # only a superuser may
        return False
    return True


def _filled(connection: Any) -> set[str]:
    """Return the tables that have rows."""
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {quote(name)})"  # noqa: S608 (names of tables)
                for name in names
            )
        )
        return {name for (name,) in cursor.fetchall()}


def _rows(connection: Any, name: str) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)} ORDER BY 1")  # noqa: S608 (names of tables)
        return cursor.fetchall()
