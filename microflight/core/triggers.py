"""SQL for one database, in migrations of its own: triggers, indexes, extensions."""

from typing import Any

from django.db.migrations import RunSQL


class PostgresSQL(RunSQL):
    """SQL for PostgreSQL alone, e.g. triggers that protect rows: SQLite, for development and tests,
    has only the models' checks."""

    vendor = "postgresql"

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        """Run the SQL."""
        if schema_editor.connection.vendor == self.vendor:
            super().database_forwards(app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        """Undo it."""
        if schema_editor.connection.vendor == self.vendor:
            super().database_backwards(app_label, schema_editor, *states)


class SqliteSQL(PostgresSQL):
    """SQL for SQLite alone."""

    vendor = "sqlite"
