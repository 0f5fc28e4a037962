"""The hash chain survives exports and restores, and shows what was changed on the way."""

import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import time_machine
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.users.models import User
from policies import services, workflow
from policies.models import Acceptance, Policy, PolicyTranslation, PolicyVersion
from tests.engines import postgres


@pytest.fixture
def history(shipping: Policy, create_approved: Any, alice: User) -> Policy:
    """Three versions, published at odd microseconds, a translation and an acceptance."""
    for moment in (
        datetime(2026, 5, 1, 18, 0, 0, 123456, tzinfo=UTC),
        datetime(2026, 5, 2, 18, 0, 0, 999999, tzinfo=UTC),
    ):
        with time_machine.travel(moment, tick=False):
            version = create_approved(f"We ship on day {moment.day}. Caf\u0065\u0301.")
            workflow.publish(
                version, effective_on=moment.date(), short_notice_reason="Strike: “now”."
            )
    newest = shipping.versions.get(number=3)
    translation = PolicyTranslation.objects.create(
        version=newest, language="fr", title="Livraison", body="Le café."
    )
    workflow.publish_translation(translation, user=alice)
    services.accept(newest, "order:100017", "I agree.", user=alice)
    return shipping


def verify() -> str:
    out = io.StringIO()
    call_command("verify_policies", stdout=out)
    return out.getvalue()


def delete_all_rows() -> None:
    """Empty the tables, bypassing the triggers."""
    names = ("versionevent", "acceptance", "policytranslation", "policyversion", "policy")
    tables = [f"policies_{name}" for name in names]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
            return
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 (names from above)


# Mutation: with microseconds in the dates no hash matched, because dumpdata writes milliseconds.
@pytest.mark.promise("succession")
@pytest.mark.django_db
def test_chain_survives_dumpdata_and_loaddata(history: Policy, tmp_path: Path) -> None:
    assert verify() == "policies: 3 versions, chain intact\n"
    rows = PolicyVersion.objects.order_by("pk").values_list("sha256", "published_at")
    hashes = list(rows)
    acceptance = Acceptance.objects.values().get()
    dump = tmp_path / "policies.json"
    call_command("dumpdata", "users.user", "policies", output=str(dump))
    delete_all_rows()
    assert not PolicyVersion.objects.exists()
    call_command("loaddata", str(dump), verbosity=0)
    assert verify() == "policies: 3 versions, chain intact\n"
    assert list(rows.all()) == hashes
    moment = acceptance.pop("accepted_at")
    restored = Acceptance.objects.values().get()
    assert moment - restored.pop("accepted_at") < timedelta(milliseconds=1)
    assert restored == acceptance


@pytest.mark.promise("succession")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "change", "name"),
    [
        ("policies.policyversion", {"body": "We never ship."}, "Shipping v1"),
        ("policies.policyversion", {"effective_from": "2016-01-01T06:00:00Z"}, "Shipping v1"),
        ("policies.policytranslation", {"body": "Jamais."}, r"Shipping v3 \(fr\)"),
        ("policies.acceptance", {"sha256": "0" * 64}, "order:100017: Shipping v3"),
    ],
)
def test_row_changed_in_a_dump_is_reported(
    model: str, change: dict[str, str], name: str, history: Policy, tmp_path: Path
) -> None:
    dump = tmp_path / "policies.json"
    call_command("dumpdata", "users.user", "policies", output=str(dump))
    rows = json.loads(dump.read_text())
    next(row for row in rows if row["model"] == model)["fields"].update(change)
    dump.write_text(json.dumps(rows))
    delete_all_rows()
    call_command("loaddata", str(dump), verbosity=0)
    with pytest.raises(CommandError, match=name):
        verify()


@pytest.mark.django_db(transaction=True)
def test_chain_and_triggers_survive_pg_dump_and_restore(history: Policy, tmp_path: Path) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("pg_dump is for PostgreSQL")
    programs = postgres._binaries()
    database = settings.DATABASES["default"]
    url = f"postgres://postgres@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    restored = postgres.with_name(url, "restored")
    dump = tmp_path / "shop.dump"
    subprocess.run([programs / "pg_dump", "-Fc", "-f", dump, url], check=True)
    postgres.execute(url, "DROP DATABASE IF EXISTS restored")
    postgres.execute(url, "CREATE DATABASE restored")
    try:
        subprocess.run([programs / "pg_restore", "--no-owner", "-d", restored, dump], check=True)
        assert verify_at(restored) == "policies: 3 versions, chain intact\n"
        with pytest.raises(psycopg2.Error, match="is immutable"):
            postgres.execute(restored, "UPDATE policies_policyversion SET body = 'x'")
        assert verify_at(restored) == "policies: 3 versions, chain intact\n"
    finally:
        postgres.execute(url, "DROP DATABASE IF EXISTS restored")


def verify_at(url: str) -> str:
    """Run the command on another database."""
    root = Path(__file__).resolve().parents[2]
    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "microflight.settings"}
    env.update(SECRET_KEY="only-for-this", VAR_DIR=str(root / ".cache"), DEMO="1")
    env.pop("TEST_DATABASE_NAME", None)
    command = [sys.executable, str(root / "manage.py"), "verify_policies"]
    return subprocess.run(command, check=True, env=env, capture_output=True, text=True).stdout
