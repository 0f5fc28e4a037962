"""The CSV export, and the personal data of one subscriber."""

import csv
import io
import json

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.mail.models import Message
from accounts.newsletter.models import Source, Subscriber
from accounts.newsletter.subscribers import csv_export, imports, subscriptions, topics
from accounts.users.models import User
from tests.accounts.newsletter.people import may

pytestmark = pytest.mark.django_db
EMAIL = "dana@example.com"
EXPORT = "admin:newsletter_subscriber_export"


@pytest.fixture
def dana(db: None) -> Subscriber:
    """Subscribed to two topics."""
    topics.load()
    subscriptions.sign_up(EMAIL, topics=["sales"], source=Source.BOX, text="Yes.")
    one = Subscriber.objects.get()
    subscriptions.activate(one, one.consents.get())
    Message.objects.all().delete()
    return Subscriber.objects.get()


def rows_of(answer: object) -> list[dict[str, str]]:
    text = b"".join(answer).decode("utf-8-sig")  # type: ignore[call-overload]
    return list(csv.DictReader(io.StringIO(text)))


def test_export_has_the_filtered_list(staff: Client, dana: Subscriber) -> None:
    Subscriber.objects.create(email="left@example.com", state="unsubscribed")
    rows = rows_of(staff.get(reverse(EXPORT), {"state": "active"}))
    assert [(row["email"], row["topics"], row["consent_text"]) for row in rows] == [
        (EMAIL, "sales", "Yes."),
    ]  # fmt: skip
    entry = LogEntry.objects.get()
    assert entry.change_message == "Exported, 1 in all, filtered by state"
    staff.get(reverse(EXPORT), {"q": EMAIL})
    assert LogEntry.objects.first().change_message.endswith("filtered by a search")  # type: ignore[union-attr]


@pytest.mark.parametrize("odd", [{"country__nonsense": "1"}, {"pk": "x"}])
def test_invalid_filter_exports_nothing(
    staff: Client, dana: Subscriber, odd: dict[str, str]
) -> None:
    # Mutation: a filter that is none ended in an error of the server.
    assert staff.get(reverse(EXPORT), odd).status_code == 400
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t"])
def test_formulas_are_escaped(dana: Subscriber, first: str) -> None:
    Subscriber.objects.update(company=f'{first}cmd|"/c calc"!A1')
    lines = "".join(csv_export.export(Subscriber.objects.all()))
    (row,) = csv.DictReader(io.StringIO(lines.removeprefix("\ufeff")))
    assert row["company"] == f'\'{first}cmd|"/c calc"!A1'


def test_export_can_be_imported(dana: Subscriber) -> None:
    Subscriber.objects.update(company="=Kites", name="Żoë")
    content = "".join(csv_export.export(Subscriber.objects.all())).encode()
    Subscriber.objects.all().delete()
    run = imports.check(ContentFile(content, "again.csv"), by=None)
    assert run.results == "n"
    imports.start(run)
    run.refresh_from_db()
    imports.resume(run)
    one = Subscriber.objects.get()
    assert (one.email, one.company, one.name) == (EMAIL, "=Kites", "Żoë")


def test_export_reads_in_chunks(dana: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_export, "_CHUNK", 10)
    Subscriber.objects.bulk_create(Subscriber(email=f"p{n}@example.com") for n in range(29))
    with CaptureQueriesContext(connection) as asked:
        assert len(list(csv_export.export(Subscriber.objects.all()))) == 31
    assert len(asked) == 1 + 3 * 2


def test_personal_data_is_complete_without_staff_names(staff: Client, dana: Subscriber) -> None:
    note = reverse("admin:newsletter_subscriber_action", args=[dana.pk, "note"])
    staff.post(note, {"how": "letter", "note": "Likes biplanes."})
    url = reverse("admin:newsletter_subscriber_data", args=[dana.pk])
    assert staff.get(url).status_code == 405
    answer = staff.post(url)
    data = json.loads(answer.content)
    assert (data["email"], data["state"], data["topics"]) == (EMAIL, "Subscribed", ["Sales"])
    assert data["consents"][0]["text"] == "Yes."
    assert [event["note"] for event in data["events"]][0] == "Likes biplanes."
    assert "charlie" not in answer.content.decode()
    entry = LogEntry.objects.first()
    assert entry is not None
    assert (entry.object_repr, entry.change_message) == (
        f"Subscriber {dana.pk}", "Personal data downloaded",
    )  # fmt: skip


def test_export_needs_permission(client: Client, alice: User, dana: Subscriber) -> None:
    client.force_login(may(alice, "view_subscriber", "answer_subscriber"))
    assert client.get(reverse(EXPORT)).status_code == 403
    url = reverse("admin:newsletter_subscriber_data", args=[dana.pk])
    assert client.post(url).status_code == 403
    assert not LogEntry.objects.exists()
