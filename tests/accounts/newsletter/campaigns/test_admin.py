"""Campaigns in the admin: permissions and pages."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from accounts.mail.models import Message
from accounts.mail.rendering import compose
from accounts.newsletter.campaigns.launch import launch
from accounts.newsletter.models import Campaign, CampaignImage, Delivery, Topic
from accounts.users.models import User
from tests.admin_forms import submit

pytestmark = pytest.mark.django_db

DESK = "/admin/newsletter/campaign/"


@pytest.fixture
def writer(client: Client, bob: User) -> Client:
    """A member of staff who writes emails and does not launch them."""
    bob.is_staff = True
    bob.save()
    names = ["add_campaign", "change_campaign", "view_campaign"]
    bob.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(bob)
    return client


def _form(topic: Topic, **fields: Any) -> dict[str, Any]:
    return {
        "title": "Spring", "slug": "spring", "topic": topic.pk, "subject": "It flies",
        "source": "Good day [[name]].", "sender_name": "MicroFlight", "test_share": 20,
        "test_hours": 4, **fields,
    }  # fmt: skip


def test_draft_is_created_and_edited(staff: Client, topic: Topic, reader: Any) -> None:
    reader(country="CA")
    reader("bob", country="DE", job_title="Pilot")
    conditions = {"for_country": ["CA", "DE"], "for_job_title": "pilot", "for_ordered": "no"}
    answer = staff.post(f"{DESK}add/", _form(topic, **conditions))
    made = Campaign.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{DESK}{made.pk}/change/")
    assert (made.state, made.subject) == ("draft", "It flies")
    assert made.audience == {"country": ["CA", "DE"], "job_title": "pilot", "ordered": "no"}
    page = staff.get(f"{DESK}{made.pk}/change/")
    assert page.context["preview"].checked.recipients == 1
    submit(staff, f"{DESK}{made.pk}/change/", _form(topic, for_job_title=""))
    made.refresh_from_db()
    assert made.audience == {}
    assert [event.what for event in made.events.all()] == ["edited", "created"]


def test_countries_that_two_people_changed_are_rejected_with_both_lists(
    staff: Client, topic: Topic, reader: Any
) -> None:
    # Mutation: _display() with `.get(value, value)` of a list: TypeError, a page of error 500
    for name, country in (("alice", "CA"), ("bob", "DE")):
        reader(name, country=country)
    staff.post(f"{DESK}add/", _form(topic, for_country=["CA"]))
    made = Campaign.objects.get()
    url = f"{DESK}{made.pk}/change/"
    outdated = staff.get(url).context["shown"]
    submit(staff, url, _form(topic, for_country=["DE"]))
    html = staff.post(url, _form(topic, for_country=["CA", "DE"], shown=outdated)).content.decode()
    assert "changed this to “DE” after you opened the page" in html
    assert "you entered “CA, DE”." in html
    made.refresh_from_db()
    assert made.audience == {"country": ["DE"]}


def test_preview_shows_unsaved_draft(
    staff: Client, topic: Topic, make_draft: Any, reader: Any
) -> None:
    bob = reader("bob")
    draft = make_draft()
    form = _form(topic, source="Dear [[name]], soon.\n\n::nothing\n", **{"as": bob.email})
    html = staff.post(f"{DESK}{draft.pk}/preview/", form).content.decode()
    assert "Dear Bob, soon." in html
    assert "There is no block “nothing”" in html
    shown = staff.get(f"{DESK}{draft.pk}/email/?unsaved")
    assert "Dear Bob, soon." in shown.content.decode()
    assert bob.token not in html + shown.content.decode()
    assert shown["Content-Security-Policy"].endswith("sandbox; frame-ancestors 'self'")
    assert shown["X-Frame-Options"] == "SAMEORIGIN"
    assert "Good day Dana" in staff.get(f"{DESK}{draft.pk}/email/").content.decode()
    draft.refresh_from_db()
    assert draft.subject == "The Butterfly flies again"


def test_unsaved_draft_is_private_to_its_author(
    staff: Client, topic: Topic, make_draft: Any, alice: User
) -> None:
    draft = make_draft()
    staff.post(f"{DESK}{draft.pk}/preview/", _form(topic, source="Secret."))
    alice.is_staff = alice.is_superuser = True
    alice.save()
    other = Client()
    other.force_login(alice)
    assert "Secret." not in other.get(f"{DESK}{draft.pk}/email/?unsaved").content.decode()


def test_preview_without_permission_shows_sample_subscriber(
    writer: Client, topic: Topic, make_draft: Any, reader: Any
) -> None:
    eve = reader("eve")
    form = _form(topic, **{"as": eve.email})
    html = writer.post(f"{DESK}{make_draft().pk}/preview/", form).content.decode()
    assert "Good day Dana." in html
    assert "Eve" not in html


def test_recipient_count_has_no_duplicates(
    staff: Client, topic: Topic, reader: Any, django_assert_max_num_queries: Any
) -> None:
    for name in ("ann", "ben", "cat"):
        reader(name, country="CA").topics.add(Topic.objects.create(slug=name, name=name))
    reader("gone", country="CA", state="left")
    reader("far", country="NZ")
    answer = staff.post(f"{DESK}count/", _form(topic, for_country="CA"))
    assert answer.content.decode() == "3 recipients today"
    assert staff.post(f"{DESK}count/", {}).content.decode() == "Choose a topic."


def test_campaign_is_scheduled_in_local_time(staff: Client, make_draft: Any, reader: Any) -> None:
    reader()
    draft = make_draft()
    page = staff.get(f"{DESK}{draft.pk}/launch/do/").content.decode()
    assert "<strong>OK</strong> Audience: 1 recipient." in page
    staff.post(f"{DESK}{draft.pk}/launch/do/", {"at": "2036-05-01T09:00"})
    draft.refresh_from_db()
    assert draft.state == "scheduled"
    assert draft.scheduled_at is not None
    assert draft.scheduled_at.isoformat() == "2036-05-01T15:00:00+00:00"
    assert draft.events.get().by.email == "charlie@example.com"
    staff.post(f"{DESK}{draft.pk}/revert/do/")
    draft.refresh_from_db()
    assert (draft.state, draft.body_html) == ("draft", "")


@pytest.mark.parametrize(
    ("fields", "at"),
    [({"subject": " "}, ""), ({"source": "![x](/x.png)"}, ""), ({}, "2020-01-01T09:00")],
)
def test_rejected_launch_changes_nothing(
    staff: Client, make_draft: Any, reader: Any, fields: dict[str, str], at: str
) -> None:
    reader()
    draft = make_draft(**fields)
    assert staff.post(f"{DESK}{draft.pk}/launch/do/", {"at": at}).status_code == 200
    draft.refresh_from_db()
    assert (draft.state, draft.scheduled_at, draft.links.count()) == ("draft", None, 0)


def test_author_cannot_launch_or_revert(writer: Client, make_draft: Any, reader: Any) -> None:
    reader()
    draft, waiting = make_draft(), launch(make_draft(), at=None, by=None)
    assert "Launch" not in writer.get(f"{DESK}{draft.pk}/change/").content.decode()
    assert writer.post(f"{DESK}{draft.pk}/launch/do/", {"at": ""}).status_code == 403
    assert writer.post(f"{DESK}{waiting.pk}/revert/do/").status_code == 403
    assert [row.state for row in Campaign.objects.order_by("pk")] == ["draft", "scheduled"]


def test_launched_campaign_cannot_be_edited(
    staff: Client, topic: Topic, make_draft: Any, reader: Any
) -> None:
    reader()
    row = launch(make_draft(), at=None, by=None)
    html = staff.get(f"{DESK}{row.pk}/change/").content.decode()
    assert 'name="source"' not in html
    assert "Good day Dana, the Carbon Butterfly" in html
    answer = staff.post(f"{DESK}{row.pk}/change/", _form(topic, subject="Other"))
    assert answer.status_code == 403
    assert staff.post(f"{DESK}{row.pk}/preview/", _form(topic)).status_code == 403
    assert staff.post(f"{DESK}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    row.refresh_from_db()
    assert row.subject == "The Butterfly flies again"


def test_sent_campaign_is_archived_and_unarchived(
    staff: Client, make_draft: Any, reader: Any
) -> None:
    reader()
    row = launch(make_draft(), at=None, by=None)
    Campaign.objects.filter(pk=row.pk).update(state="sent")
    address = f"/newsletter/archive/{row.slug}/"
    assert staff.get(address).status_code == 404
    staff.post(f"{DESK}{row.pk}/archive/do/")
    assert staff.get(address).status_code == 200
    staff.post(f"{DESK}{row.pk}/unarchive/do/")
    row.refresh_from_db()
    assert (row.is_public, [event.what for event in row.events.all()][:2]) == (
        False,
        ["removed from the archive", "added to the archive"],
    )


def test_test_email_goes_to_own_address(staff: Client, make_draft: Any, reader: Any) -> None:
    bob = reader("bob")
    draft = make_draft(subject_b="Three grams")
    form = {"to": "charlie@example.com", "subject": "b", "as": bob.email}
    staff.post(f"{DESK}{draft.pk}/test/", form)
    message = Message.objects.get()
    mail = compose(message)
    assert (message.recipient, mail.subject) == ("charlie@example.com", "[Test] Three grams")
    assert "Good day Bob, the Carbon Butterfly" in mail.text
    assert "Good day Bob, the <strong>" in mail.html
    # Mutation: the test carried Bob's own links, and a try of them ended his emails.
    assert bob.token not in mail.html + mail.text
    assert "/newsletter/unsubscribe/a-sample-subscriber." in mail.text
    assert not Delivery.objects.exists()
    draft.refresh_from_db()
    assert (draft.state, draft.total) == ("draft", 0)


def test_test_email_goes_to_no_other_address(staff: Client, make_draft: Any, reader: Any) -> None:
    bob = reader("bob")
    staff.post(f"{DESK}{make_draft().pk}/test/", {"to": bob.email})
    assert not Message.objects.exists()


def test_campaign_list_loads_no_bodies(
    staff: Client, make_draft: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        make_draft()
    with django_assert_max_num_queries(9) as asked:
        assert staff.get(DESK).status_code == 200
    assert not [query for query in asked.captured_queries if "body_html" in query["sql"]]


# --- pictures -----------------------------------------------------------------------------------


def _upload(width: int, height: int, kind: str = "JPEG") -> SimpleUploadedFile:
    out = io.BytesIO()
    picture = Image.effect_noise((width, height), 90).convert("RGB")
    exif = Image.Exif()
    exif[0x010F] = "Somebody's telephone"
    picture.save(out, kind, exif=exif)
    return SimpleUploadedFile("../holiday.jpg", out.getvalue() + b"<script>", "image/jpeg")


def test_uploaded_image_is_reencoded_and_resized(staff: Client, make_draft: Any) -> None:
    form = {"key": "first-flight", "alt": "A Butterfly over a table", "file": _upload(2000, 1000)}
    staff.post("/admin/newsletter/campaignimage/add/", form)
    picture = CampaignImage.objects.get()
    assert (picture.width, picture.height) == (1116, 558)
    stored = picture.file.read()
    assert b"phone" not in stored
    assert b"<script>" not in stored
    assert "holiday" not in picture.file.name
    draft = make_draft(source='::image first-flight "" /catalogue/')
    html = staff.get(f"{DESK}{draft.pk}/email/").content.decode()
    assert f'src="http://127.0.0.1:8000{picture.file.url}"' in html
    assert 'alt="A Butterfly over a table" width="558" height="279"' in html


def test_invalid_image_is_rejected(staff: Client) -> None:
    file = SimpleUploadedFile("x.png", b"<svg onload=alert(1)>", "image/png")
    form = {"key": "x", "alt": "x", "file": file}
    html = staff.post("/admin/newsletter/campaignimage/add/", form).content.decode()
    assert "x.png cannot be read. Please use JPEG, PNG or WebP." in html
    assert not CampaignImage.objects.exists()


def test_image_of_launched_campaign_is_not_deleted(
    staff: Client, make_draft: Any, reader: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    reader()
    for key in ("shown", "spare"):
        form = {"key": key, "alt": key, "file": _upload(40, 30)}
        staff.post("/admin/newsletter/campaignimage/add/", form)
    launch(make_draft(source="Look.\n\n::image shown\n"), at=None, by=None)
    for picture in CampaignImage.objects.all():
        staff.post(f"/admin/newsletter/campaignimage/{picture.pk}/delete/", {"post": "yes"})
    assert [picture.key for picture in CampaignImage.objects.all()] == ["shown"]
