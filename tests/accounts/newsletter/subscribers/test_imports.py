"""Imports: only people with a stated consent, and no changes to existing ones."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.mail.models import Message
from accounts.newsletter.models import (
    Consent,
    ImportRun,
    Reason,
    Subscriber,
    SubscriberEvent,
    Suppression,
)
from accounts.newsletter.subscribers import imports, topics
from accounts.newsletter.subscribers.erasure import delete_old
from accounts.newsletter.subscribers.imports import NotPossible
from accounts.newsletter.subscribers.subscriptions import confirm
from accounts.newsletter.subscribers.unsubscribe import suppress
from accounts.users.models import User
from microflight.core.csv_files import InvalidFile
from tests.accounts.newsletter.import_files import HEAD, checked, imported, row

pytestmark = pytest.mark.django_db

NOON = datetime(2020, 5, 1, 18, tzinfo=UTC)  # noon of 1 May in Saskatoon


@pytest.fixture(autouse=True)
def _topics(db: None) -> None:
    topics.load()


def books() -> tuple[int, ...]:
    """How many rows each table of people has."""
    kinds: tuple[Any, ...] = (Subscriber, Consent, SubscriberEvent, Suppression, Message)
    return tuple(kind.objects.count() for kind in kinds)


def test_dry_run_adds_no_one() -> None:
    suppress("left@example.com", Reason.UNSUBSCRIBED)
    Subscriber.objects.create(email="known@example.com")
    before = books()
    run = checked(
        row(), row("ask@example.com", confirmed=""), row("LEFT@example.com "),
        row("known@example.com"), row("Dana@Example.com"), row("no-text@example.com", text=""),
        row("nobody"), row("x@example.com", topics="gliders"),
    )  # fmt: skip
    assert run.results == "naskdcbx"
    assert run.samples == [
        [3, "left@example.com", "s", "Unsubscribed"],
        [4, "known@example.com", "k", "stays pending"],
        [5, "dana@example.com", "d", "an earlier row has this email"],
        [6, "no-text@example.com", "c", "consent_text is empty"],
        [7, "nobody", "b", "not a valid email address"],
        [8, "x@example.com", "x", "unknown topic: gliders"],
    ]
    assert books() == before


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"text": ""}, "consent_text is empty"),
        ({"origin": ""}, "consent_origin is empty"),
        ({"date": ""}, "consent_date is empty or not a date like 2024-05-31"),
        ({"date": "01/05/2020"}, "consent_date is empty or not a date like 2024-05-31"),
        ({"date": "2020-02-31"}, "consent_date is empty or not a date like 2024-05-31"),
        ({"date": "2199-01-01"}, "consent_date is before 1996 or in the future"),
        ({"date": "1995-12-01"}, "consent_date is before 1996 or in the future"),
        ({"confirmed": "2020-04-30"}, "confirmed_date is before consent_date"),
        ({"topics": ""}, "topics is empty"),
    ],
)
def test_rows_without_consent_are_skipped(changes: dict[str, str], why: str) -> None:
    run = checked(row(**changes))
    assert (run.results, run.samples[0][3]) == ("c", why)
    with pytest.raises(NotPossible, match="No one in this file can be added"):
        imports.start(run)
    assert not Subscriber.objects.exists()


def test_confirmed_row_is_subscribed() -> None:
    run = imported(checked(row()))
    dana = Subscriber.objects.get()
    assert (dana.email, dana.state, dana.name, dana.country) == (
        "dana@example.com", "active", "Dana", "CA",
    )  # fmt: skip
    assert set(dana.topics.values_list("slug", flat=True)) == {"sales", "flying-tips"}
    consent = dana.consents.get()
    assert (consent.source, consent.origin, consent.text) == (
        "import", "old shop", "Yes, send me news.",
    )  # fmt: skip
    assert (consent.requested_at, consent.confirmed_at) == (NOON, NOON + timedelta(days=1))
    assert (run.state, run.added, run.asked, run.changed) == ("done", 1, 0, 0)
    assert not Message.objects.exists()


def test_line_breaks_in_names_become_spaces() -> None:
    run = imported(checked(row(name="Dana\r\nBcc: eve@example.com\u202e")))
    assert (run.results, Subscriber.objects.get().name) == ("n", "Dana Bcc: eve@example.com")


def test_unconfirmed_row_gets_confirmation_email() -> None:
    run = imported(checked(row(confirmed="")))
    dana = Subscriber.objects.get()
    assert (dana.state, dana.name, dana.topics.count()) == ("pending", "", 0)
    consent = dana.consents.get()
    assert consent.origin == "old shop, stated for 2020-05-01"
    assert consent.details == {"name": "Dana", "country": "CA"}
    assert (consent.confirmed_at, timezone.now() - consent.requested_at < timedelta(minutes=1)) == (
        None, True,
    )  # fmt: skip
    letter = Message.objects.get()
    assert (letter.email_type, letter.recipient) == ("newsletter-imported", "dana@example.com")
    assert (run.added, run.asked) == (0, 1)


def test_imported_person_confirms_by_link() -> None:
    from accounts.newsletter.subscribers import links

    imported(checked(row(confirmed="")))
    token = links.confirm_url(Consent.objects.get().pk).rstrip("/").rpartition("/")[2]
    confirm(token, fingerprint=_fingerprint())
    dana = Subscriber.objects.get()
    assert (dana.state, dana.name, dana.topics.count()) == ("active", "Dana", 2)


def _fingerprint() -> str:
    from accounts.agreements.required_policies import required_policies
    from policies.models import Context

    return required_policies(Context.NEWSLETTER).fingerprint


def test_unconfirmed_import_is_deleted_after_30_days() -> None:
    imported(checked(row(confirmed="")))
    for days, left in ((29, 1), (31, 0)):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            delete_old()
        assert (Subscriber.objects.count(), Message.objects.count()) == (left, left)


@pytest.mark.parametrize("reason", list(Reason))
def test_import_lifts_no_suppression(reason: Reason) -> None:
    suppress("dana@example.com", reason)
    run = checked(row())
    assert run.results == "s"
    with pytest.raises(NotPossible):
        imports.start(run)
    assert Suppression.objects.get().reason == reason
    assert not Subscriber.objects.exists()


def test_person_who_unsubscribes_before_import_is_skipped() -> None:
    run = checked(row(), row("erin@example.com"))
    suppress("dana@example.com", Reason.UNSUBSCRIBED)
    run = imported(run)
    assert list(Subscriber.objects.values_list("email", flat=True)) == ["erin@example.com"]
    assert (run.added, run.changed) == (1, 1)


def test_rows_skipped_in_dry_run_stay_skipped() -> None:
    Subscriber.objects.create(email="dana@example.com")
    run = checked(row(), row("erin@example.com"))
    Subscriber.objects.all().delete()
    imported(run)
    assert list(Subscriber.objects.values_list("email", flat=True)) == ["erin@example.com"]


@pytest.mark.parametrize("state", ["pending", "active", "unsubscribed", "blocked"])
def test_import_does_not_change_known_subscribers(state: str) -> None:
    Subscriber.objects.create(email="dana@example.com", name="Own words", state=state)
    run = checked(row())
    assert run.results == "k"
    dana = Subscriber.objects.get()
    assert (dana.state, dana.name, dana.consents.count()) == (state, "Own words", 0)


def test_import_runs_once() -> None:
    run = checked(row())
    assert imports.start(run) is True
    assert imports.start(run) is False
    for _ in range(2):
        imports.resume(ImportRun.objects.get())
    assert (Subscriber.objects.count(), Consent.objects.count()) == (1, 1)


def test_import_continues_after_worker_death(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BATCH", 2)
    run = checked(*(row(f"p{n}@example.com") for n in range(5)))
    imports.start(run)
    real, calls = imports.create_subscribers, []

    def dies(people: Any, *, run: ImportRun) -> Any:
        calls.append(len(people))
        if len(calls) == 2:
            real(people, run=run)
            raise SystemExit  # the batch was written, not committed
        return real(people, run=run)

    monkeypatch.setattr(imports, "create_subscribers", dies)
    with pytest.raises(SystemExit):
        imports.resume(ImportRun.objects.get())
    run.refresh_from_db()
    assert (run.state, run.position, Subscriber.objects.count()) == ("running", 2, 2)
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        imports.sweep()
    run.refresh_from_db()
    assert (run.state, run.added, Subscriber.objects.count()) == ("done", 5, 5)
    assert calls == [2, 2, 2, 1]


def test_dry_run_expires_after_an_hour() -> None:
    run = checked(row(), row("nobody"))
    stored = run.stored
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        with pytest.raises(NotPossible, match="older than an hour"):
            imports.start(run)
        imports.sweep()
    run.refresh_from_db()
    assert (run.state, run.stored, run.samples, run.results) == ("expired", "", [], "nb")
    assert not storages["private"].exists(stored)
    assert not Subscriber.objects.exists()


def test_replaced_file_is_not_imported() -> None:
    run = checked(row())
    storages["private"].delete(run.stored)
    storages["private"].save(run.stored, ContentFile((HEAD + row("eve@example.com")).encode()))
    run = imported(run)
    assert (run.added, run.problem) == (
        0, "This is not the file that was checked. Upload it again.",
    )  # fmt: skip
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_dialects_are_read(delimiter: str, mark: str) -> None:
    cells = [
        ["Email", "topics", "consent_text", "consent_date", "consent_origin", "Shoe size"],
        ["zoë@example.com", "sales", "Ja", "2020-05-01", "fair", "42"],
        ["dana@example.com", "sales|flying-tips", "Yes, \"news\"", "2020-05-01", "fair", "43"],
    ]  # fmt: skip
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(cells)
    run = imports.check(ContentFile((mark + text.getvalue()).encode(), "x.csv"), by=None)
    assert (run.results, run.ignored) == ("ba", "shoe size")
    assert run.samples[0][3] == "not a valid email address"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Missing columns"),
        (b"email,name\na@example.com,A\n", "topics, consent_text, consent_date, consent_origin"),
        (HEAD.encode(), "no rows below the header"),
        (HEAD.encode() + row(name="Zoë").encode("latin-1"), "not UTF-8"),
        (b"email," + HEAD.encode() + row().encode(), "Duplicate columns: email"),
        (HEAD.encode() + b'"' + b"x" * 200_000, "not valid CSV"),
    ],
)
def test_unreadable_file_is_rejected(content: bytes, words: str) -> None:
    with pytest.raises(InvalidFile, match=words):
        imports.check(ContentFile(content, "x.csv"), by=None)
    assert not ImportRun.objects.exists()


def test_too_large_file_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.newsletter.subscribers.csv_import.MAX_ROWS", 1)
    with pytest.raises(InvalidFile, match="The limit is 1 row. Split"):
        checked(row(), row("erin@example.com"))
    monkeypatch.setattr(imports, "MAX_BYTES", 10)
    with pytest.raises(InvalidFile, match="Split the file"):
        checked(row())
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": "D\x00na"}, "name contains control characters"),
        ({"name": "D" * 121}, "name is longer than 120 characters"),
        ({"country": "C1"}, "country is not a two-letter code, such as CA"),
        ({"origin": "o" * 151}, "consent_text or consent_origin is too long"),
    ],
)
def test_too_long_value_is_reported(changes: dict[str, str], why: str) -> None:
    run = checked(row(**changes))
    assert (run.results, run.samples[0][3]) == ("x", why)


def test_queries_per_import_batch_are_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BATCH", 20)
    counts = []
    for size in (20, 60):
        Subscriber.objects.all().delete()
        run = checked(*(row(f"p{size}-{n}@example.com") for n in range(size)))
        imports.start(run)
        with CaptureQueriesContext(connection) as asked:
            imports.resume(ImportRun.objects.get(pk=run.pk))
        counts.append(len([q for q in asked if "SAVEPOINT" not in str(q["sql"])]))
    assert (counts[1] - counts[0]) % 2 == 0
    assert (counts[1] - counts[0]) / 2 <= 10


def test_staff_upload_check_and_import(staff: Client, charlie: User) -> None:
    add = reverse("admin:newsletter_importrun_add")
    assert "consent_origin" in staff.get(add).content.decode()
    file = ContentFile((HEAD + row() + row("nobody")).encode(), "old.csv")
    answer = staff.post(add, {"file": file})
    run = ImportRun.objects.get()
    page = reverse("admin:newsletter_importrun_change", args=[run.pk])
    assert answer["Location"] == page
    shown = staff.get(page).content.decode()
    assert "Import 1 person" in shown
    assert "not a valid email address" in shown
    report = b"".join(staff.get(reverse("admin:newsletter_importrun_report", args=[run.pk])))  # type: ignore[arg-type]
    lines = report.decode().splitlines()
    assert lines[1] == "1,dana@example.com,New: subscribed,New: subscribed,"
    start = reverse("admin:newsletter_importrun_action", args=[run.pk, "start"])
    assert staff.get(start).status_code == 200
    assert staff.post(start)["Location"] == page
    imports.resume(ImportRun.objects.get())
    assert Subscriber.objects.get().email == "dana@example.com"
    assert SubscriberEvent.objects.get().by == "charlie@example.com"
    assert "Import 1 person" not in staff.get(page).content.decode()


def test_import_needs_permission(client: Client, alice: User) -> None:
    alice.is_staff = True
    alice.save()
    client.force_login(alice)
    run = checked(row())
    for name, args in (("add", []), ("action", [run.pk, "start"]), ("report", [run.pk])):
        url = reverse(f"admin:newsletter_importrun_{name}", args=args)
        assert client.post(url, {"file": ContentFile(b"x", "x.csv")}).status_code == 403
    assert not Subscriber.objects.exists()
    assert ImportRun.objects.get().state == "checked"
