"""The house stands: checks are clean and models and migrations agree."""

from io import StringIO

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_every_model_change_has_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


def test_the_system_checks_find_nothing() -> None:
    call_command("check", fail_level="WARNING", stdout=StringIO())
