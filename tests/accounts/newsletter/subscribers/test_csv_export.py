"""The CSV export, and the personal data of one subscriber."""

import csv
import io
import json
import random

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
from microflight.core.csv_files import csv_lines, read_table
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


# Mutation: with the old tuple of first characters, " =" and the full-width signs stayed formulas.
@pytest.mark.parametrize(
    "first",
    ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\n+", "\r\n=", "\t@", "\u00a0-", "\ufeff=", "'=",
     "\uff1d", "\uff0b", "\uff0d", "\uff20", " \uff1d", "\u2212", "\u200e=", "\u2060+", "\x01=",
     "\ufe66"],
)  # fmt: skip
def test_formulas_are_escaped(dana: Subscriber, first: str) -> None:
    Subscriber.objects.update(company=f'{first}cmd|"/c calc"!A1')
    lines = "".join(csv_export.export(Subscriber.objects.all()))
    (row,) = csv.DictReader(io.StringIO(lines.removeprefix("\ufeff")))
    assert row["company"] == f'\'{first}cmd|"/c calc"!A1'


def test_formula_after_nul_is_escaped() -> None:
    lines = "".join(csv_lines([["\0=1+1"]], ["company"]))  # PostgreSQL stores no NUL
    assert lines == "\ufeffcompany\r\n'\0=1+1\r\n"


@pytest.mark.parametrize(
    ("company", "cell"),
    [
        ("Kites;=1", "Kites;'=1"),
        ("Kites; -1", "Kites;' -1"),
        ("Kites\t@x", "Kites\t'@x"),
        ("Kites\n+1", "Kites\n'+1"),
        ("Kites\r\n\uff1d1", "Kites\r\n'\uff1d1"),
        ("=1;=2", "'=1;'=2"),
        ("Kites; planes, a=b", "Kites; planes, a=b"),
    ],
)
def test_formulas_after_another_list_separator_are_escaped(
    dana: Subscriber, company: str, cell: str
) -> None:
    Subscriber.objects.update(company=company)
    lines = "".join(csv_export.export(Subscriber.objects.all()))
    (row,) = csv.DictReader(io.StringIO(lines.removeprefix("\ufeff"), newline=""))
    assert row["company"] == cell


def test_escaped_cells_are_read_as_they_were() -> None:
    numbers = random.Random(12)  # noqa: S311 (a fixed seed)
    for _turn in range(5_000):
        text = "".join(numbers.choice("a=-;\n\t\r '\u200b") for _ in range(numbers.randint(0, 8)))
        file = io.BytesIO("".join(csv_lines([(text, "end")], ("text", "end"))).encode())
        _ignored, rows = read_table(file, required=("text", "end"), max_rows=1)
        assert [cells["text"] for _row, cells in rows] == [text.strip()]


@pytest.mark.parametrize("company", ["=Kites", "'=Kites", "'Kites'", "\uff1dKites", "Kites;'=1"])
def test_export_can_be_imported(company: str, dana: Subscriber) -> None:
    Subscriber.objects.update(company=company, name="Żoë")
    content = "".join(csv_export.export(Subscriber.objects.all())).encode()
    Subscriber.objects.all().delete()
    run = imports.check(ContentFile(content, "again.csv"), by=None)
    assert run.results == "n"
    imports.start(run)
    run.refresh_from_db()
    imports.resume(run)
    one = Subscriber.objects.get()
    assert (one.email, one.company, one.name) == (EMAIL, company, "Żoë")


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
