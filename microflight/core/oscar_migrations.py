"""Adds our migrations to those of an Oscar app."""

import importlib


def with_oscar_migrations(own_path: list[str], label: str) -> list[str]:
    """Return the ``__path__`` of a fork's migrations package: ours, then Oscar's.

    A fork that changes models needs Oscar's migrations beneath its own. A copy would leave us
    maintaining Oscar's history; a package whose path spans both folders does not.
    """
    upstream = importlib.import_module(f"oscar.apps.{label}.migrations")
    return [*own_path, *upstream.__path__]
