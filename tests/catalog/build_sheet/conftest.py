"""The demo's catalogue: airframes with geometry, and parts."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction


@pytest.fixture(scope="package", autouse=True)
def _seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The catalogue, loaded once for this package and removed afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("seed_shop", no_images=True, stdout=StringIO())
        yield
        transaction.set_rollback(True)
