"""System checks, migrations, layers, and imports between tests."""

import ast
import re
import tomllib
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command


@pytest.mark.django_db
def test_every_model_change_has_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


def test_the_system_checks_find_nothing() -> None:
    call_command("check", fail_level="WARNING", stdout=StringIO())


def test_top_modules_are_forbidden_to_lower_layers() -> None:
    folder = Path(settings.BASE_DIR)
    contracts = tomllib.loads((folder / "pyproject.toml").read_text())["tool"]["importlinter"]
    name = "The top layer is imported by nothing below it"
    (contract,) = [each for each in contracts["contracts"] if each["name"] == name]
    listed = contract["forbidden_modules"]
    modules = {path.stem for path in (folder / "microflight").glob("*.py")}
    packages = {path.parent.name for path in (folder / "microflight").glob("*/__init__.py")}
    top = modules | packages - {"core"}
    assert sorted(listed) == sorted(f"microflight.{name}" for name in top - {"__init__"})


def test_no_test_module_is_imported() -> None:
    """Tests share code through fixtures (`conftest.py`) and helper modules."""
    folder = Path(settings.BASE_DIR)
    imported = [
        f"{path.relative_to(folder)}: {name}"
        for path in sorted((folder / "tests").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or "", *(each.name for each in node.names)]
        if re.search(r"(^|\.)test_\w+$", name)
    ]
    assert imported == []
