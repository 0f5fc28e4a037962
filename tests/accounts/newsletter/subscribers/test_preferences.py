"""Preferences, by a link without login, and in the account."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.newsletter.models import Consent, Source, Subscriber, SubscriberEvent
from accounts.newsletter.subscribers import topics
from accounts.newsletter.subscribers.forms import add_months
from accounts.newsletter.subscribers.models import SubscriberState
from accounts.newsletter.subscribers.unsubscribe import unsubscribe
from accounts.users.models import User
from policies.models import Acceptance, Policy
from policies.workflow import adopt
from tests.accounts.newsletter.people import DANA, link_in, outbox_rows, subscriber, typed

pytestmark = pytest.mark.django_db

MINE = "/account/newsletter/"


@pytest.fixture
def dana(db: None) -> Subscriber:
    return subscriber(DANA, "sales", name="Dana", company="Moths Ltd.", job_title="Pilot")


def page_of(who: Subscriber) -> str:
    return f"/newsletter/preferences/{who.token}/"


def save(client: Client, who: Subscriber, part: str, **values: Any) -> Any:
    answer = client.post(page_of(who), {"part": part, **values})
    who.refresh_from_db()
    return answer


def slugs(who: Subscriber) -> set[str]:
    return set(who.topics.values_list("slug", flat=True))


def test_preferences_page_masks_the_email(client: Client, dana: Subscriber) -> None:
    answer = client.get(page_of(dana))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "d…@example.com" in page
    assert DANA not in page
    assert page.count(" checked") == 2  # sales, and no pause
    assert answer["X-Robots-Tag"] == "noindex"
    assert "no-store" in answer["Cache-Control"]


def test_code_with_campaign_opens_preferences(client: Client, dana: Subscriber) -> None:
    assert client.get(f"/newsletter/preferences/{dana.token}.gone/").status_code == 200


@pytest.mark.parametrize("code", ["x", "x" * 5000, "..", "%00", "é🛩"])
def test_unknown_code_is_404(client: Client, dana: Subscriber, code: str) -> None:
    address = f"/newsletter/preferences/{code}/"
    assert client.get(address).status_code == 404
    assert client.post(address, {"part": "topics"}).status_code == 404
    assert not SubscriberEvent.objects.exists()


def test_new_topic_is_a_new_consent(client: Client, dana: Subscriber) -> None:
    save(client, dana, "topics", topics=["flying-tips", "shop-news"])
    assert slugs(dana) == {"flying-tips", "shop-news"}
    made = Consent.objects.latest("pk")
    assert (made.source, made.topics) == (Source.ACCOUNT, "flying-tips,shop-news")
    assert made.text.startswith("Email me about the topics I selected.")
    assert made.confirmed_at is not None
    save(client, dana, "topics", topics=["shop-news"])
    assert slugs(dana) == {"shop-news"}
    assert Consent.objects.count() == 2  # less is no new consent


def test_at_least_one_topic_is_required(client: Client, dana: Subscriber) -> None:
    answer = save(client, dana, "topics")
    assert answer.status_code == 422
    assert "Select at least one topic." in answer.content.decode()
    assert slugs(dana) == {"sales"}


@pytest.mark.parametrize(
    ("length", "until"), [("1", date(2027, 2, 28)), ("3", date(2027, 4, 30)),
                          ("6", date(2027, 7, 31)), ("", None)]
)  # fmt: skip
def test_emails_are_paused_for_months(
    client: Client, dana: Subscriber, length: str, until: date | None
) -> None:
    with time_machine.travel("2027-01-31 18:00:00Z"):
        save(client, dana, "pause", length=length)
        assert dana.paused_until == until
        reached = Subscriber.objects.reachable().filter(pk=dana.pk).exists()
        assert reached is (until is None)


@pytest.mark.promise("special-offers")
def test_pause_ends_on_its_date(client: Client, dana: Subscriber) -> None:
    with time_machine.travel("2027-01-31 18:00:00Z"):
        save(client, dana, "pause", length="until", until="2027-05-01")
        page = client.get(page_of(dana)).content.decode()
    assert "paused until May 1, 2027" in page
    with time_machine.travel("2027-05-01 18:00:00Z"):
        assert Subscriber.objects.reachable().get() == dana


@pytest.mark.parametrize("until", ["", "2027-01-31", "2028-02-02", "soon", "9" * 5000])
def test_invalid_pause_date_is_rejected(client: Client, dana: Subscriber, until: str) -> None:
    with time_machine.travel("2027-01-31 18:00:00Z"):
        answer = save(client, dana, "pause", length="until", until=until)
    assert answer.status_code == 422
    assert dana.paused_until is None


def test_months_are_added_to_last_day_of_month() -> None:
    assert add_months(date(2027, 8, 31), 6) == date(2028, 2, 29)
    assert add_months(date(2027, 12, 15), 1) == date(2028, 1, 15)


@pytest.mark.promise("newsletter", "correction")
@pytest.mark.parametrize("name", ["name", "company", "job_title"])
def test_details_are_deleted_one_by_one(client: Client, dana: Subscriber, name: str) -> None:
    before = {each: getattr(dana, each) for each in ("name", "company", "job_title")}
    save(client, dana, "details", delete=name)
    assert {each: getattr(dana, each) for each in before} == before | {name: ""}
    event = SubscriberEvent.objects.get()
    assert (event.what, event.note) == ("details changed", name)


def test_details_are_updated_and_validated(client: Client, dana: Subscriber) -> None:
    told = {"name": "Dana D.", "company": "", "job_title": "Pilot"}
    save(client, dana, "details", **told)
    assert (dana.name, dana.company) == ("Dana D.", "")
    answer = save(client, dana, "details", name="Dana\r\nBcc: all@example.com")
    assert answer.status_code == 422
    assert dana.name == "Dana D."


def test_clicks_are_counted_only_with_consent(client: Client, dana: Subscriber) -> None:
    assert dana.clicks_counted is False
    save(client, dana, "clicks", clicks_counted="on")
    assert dana.clicks_counted is True
    save(client, dana, "clicks")
    assert dana.clicks_counted is False
    notes = SubscriberEvent.objects.order_by("pk").values_list("what", flat=True)
    assert list(notes) == ["click counting on", "click counting off"]


def test_unsubscribed_person_may_only_delete_details(client: Client, dana: Subscriber) -> None:
    unsubscribe(dana, how="link")
    page = client.get(page_of(dana)).content.decode()
    assert 'value="topics"' not in page
    save(client, dana, "topics", topics=["shop-news"])
    assert slugs(dana) == {"sales"}
    save(client, dana, "pause", length="1")
    assert dana.paused_until is None
    save(client, dana, "details", delete="company")
    assert dana.company == ""
    assert dana.state == SubscriberState.UNSUBSCRIBED


def test_unknown_section_changes_nothing(client: Client, dana: Subscriber) -> None:
    before = Subscriber.objects.filter(pk=dana.pk).values().get()
    assert save(client, dana, "everything", name="X").status_code == 200
    assert Subscriber.objects.filter(pk=dana.pk).values().get() == before


def test_changes_require_csrf_token(dana: Subscriber) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert save(browser, dana, "details", delete="name").status_code == 403
    assert dana.name == "Dana"


# --- In the account ------------------------------------------------------------------------------


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    """Alice's browser; her email is verified."""
    topics.load()
    adopt(Policy.objects.create(slug="privacy", title="Privacy"), "We ask for little.")
    client.force_login(alice)
    return client


def own(client: Client, **values: Any) -> dict[str, Any]:
    """What a browser sends from the form of the account page."""
    form = client.get(MINE).context["form"]
    shown = client.get(MINE).context["policies"].fingerprint
    return {"consent": form["consent"].value(), "policies": shown, "topics": ["sales"], **values}


def test_verified_account_subscribes_at_once(alices: Client, alice: User) -> None:
    answer = alices.post(MINE, own(alices, name="Alice"))
    assert (answer.status_code, answer["Location"]) == (302, MINE)
    made = Subscriber.objects.get()
    assert (made.email, made.user, made.state) == (alice.email, alice, SubscriberState.ACTIVE)
    assert (made.name, slugs(made)) == ("Alice", {"sales"})
    consent = Consent.objects.get()
    assert (consent.source, consent.confirmed_network) == (Source.ACCOUNT, "127.0.0.0/24")
    assert Acceptance.objects.get().user == alice
    assert outbox_rows() == []
    assert alice.email in alices.get(MINE).content.decode()


def test_account_is_shown_changed_policy(alices: Client) -> None:
    sent = own(alices)
    adopt(Policy.objects.get(), "We ask for less.")
    answer = alices.post(MINE, sent)
    assert answer.status_code == 409
    assert "Privacy (version 2)" in answer.content.decode()
    assert not Subscriber.objects.exists()


def test_account_page_shows_own_preferences(alices: Client, alice: User) -> None:
    made = subscriber(alice.email, "sales")
    alices.post(MINE, {"part": "topics", "topics": ["shop-news"]})
    assert slugs(made) == {"shop-news"}


def test_unverified_account_must_verify_first(alices: Client, alice: User) -> None:
    alice.emailaddress_set.update(verified=False)
    other = subscriber(alice.email, "sales")
    page = alices.post(MINE, {"part": "topics", "topics": ["shop-news"]}).content.decode()
    assert "Verify email" in page
    assert slugs(other) == {"sales"}


def test_guests_log_in_first(client: Client) -> None:
    answer = client.get(MINE)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


def test_deleted_account_erases_only_its_own_subscriber(
    alices: Client, alice: User, dana: Subscriber
) -> None:
    alices.post(MINE, own(alices))
    alice.delete()
    assert Subscriber.objects.get() == dana
    assert Consent.objects.filter(withdrawn_how="erased").count() == 1


def test_box_differs_for_accounts_and_guests(client: Client, alice: User) -> None:
    assert 'name="stamp"' in client.get("/contact/").content.decode()
    client.force_login(alice)
    page = client.get("/contact/").content.decode()
    assert 'name="stamp"' not in page
    assert 'href="/account/newsletter/">Newsletter preferences</a>' in page


def test_already_subscribed_email_links_to_preferences(client: Client, dana: Subscriber) -> None:
    client.post("/newsletter/", typed())
    assert link_in("newsletter-already") == page_of(dana)
    with time_machine.travel(timezone.now() + timedelta(days=3653)):
        assert client.get(page_of(dana)).status_code == 200
