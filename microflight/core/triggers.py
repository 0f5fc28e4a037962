"""Triggers that protect rows from plain SQL, in migrations of their own."""

from typing import Any

from django.db.migrations import RunSQL


class PostgresSQL(RunSQL):
    """SQL for PostgreSQL alone: SQLite, for development and tests, has only the models' checks."""

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        """Create the triggers."""
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        """Drop the triggers."""
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, *states)
