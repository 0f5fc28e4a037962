"""What the privacy policy promises about the newsletter."""

import re

import pytest
from django.db.models import Max
from django.test import Client

from accounts.mail.models import Message
from accounts.newsletter.campaigns.audience import skip_reasons
from accounts.newsletter.campaigns.preparation import prepare
from accounts.newsletter.models import Campaign, Delivery, Source, Subscriber, Topic
from accounts.newsletter.subscribers import subscriptions, topics
from accounts.users.models import User
from tests.accounts.newsletter.import_files import checked, imported, row
from tests.accounts.newsletter.people import DANA, link_in, press, subscriber, typed
from tests.accounts.orders import make_order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _topics(db: None) -> None:
    topics.load()


def written_to(campaign: Campaign) -> list[str]:
    """Whose emails are prepared, and still wanted at the moment of sending."""
    rows = Delivery.objects.filter(campaign=campaign).select_related("subscriber")
    people = [one.subscriber for one in rows if one.subscriber]
    stopped = skip_reasons(campaign, people)
    return sorted(person.email for person in people if person.pk not in stopped)


def prepared(slug: str) -> Campaign:
    """A launched email about a topic, its audience written down."""
    newest = Subscriber.objects.aggregate(newest=Max("pk"))["newest"]
    campaign = Campaign.objects.create(
        title=slug, slug=slug, subject=slug, topic=Topic.objects.get(slug=slug),
        state="preparing", audience_until=newest,
    )  # fmt: skip
    prepare(campaign.pk)
    return campaign


@pytest.mark.promise("opt-in-mail")
def test_campaign_goes_only_to_confirmed_subscribers(client: Client, alice: User) -> None:
    make_order(user=alice)  # has an account and an order
    client.post("/newsletter/", typed(email="asked@example.com"))  # has not confirmed
    imported(checked(row("listed@example.com", confirmed="")))  # nor has she
    for state in ("unsubscribed", "blocked"):
        subscriber(f"{state}@example.com", state=state)
    client.post("/newsletter/", typed())
    press(client, link_in())
    assert written_to(prepared("new-products")) == [DANA]


@pytest.mark.promise("newsletter")
def test_sign_up_requires_only_an_email(client: Client) -> None:
    page = client.get("/newsletter/").content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    fields = set(re.findall(r"<(?:input|select|textarea)[^>]* name=\"([^\"]+)\"", main))
    required = set(re.findall(r"<input[^>]* name=\"([^\"]+)\"[^>]* required", main))
    # what a browser fills in by itself, and the trap for robots, are no questions
    fields -= {"csrfmiddlewaretoken", "source", "consent", "stamp", "letterhead"}
    assert fields == {
        "email", "topics", "name", "country", "job_title", "purchasing_role", "company",
        "certification",
    }  # fmt: skip
    assert required & fields == {"email"}


@pytest.mark.promise("newsletter")
def test_subscriber_unsubscribes_without_login(client: Client) -> None:
    client.post("/newsletter/", typed())
    press(client, link_in())
    campaign = prepared("shop-news")
    assert written_to(campaign) == [DANA]
    one = Subscriber.objects.get()
    assert client.post(f"/newsletter/unsubscribe/{one.token}.{campaign.key}/").status_code == 200
    assert written_to(campaign) == []
    assert not Message.objects.filter(email_type="newsletter-left").exists()


@pytest.mark.promise("special-offers")
def test_campaign_follows_chosen_topics(client: Client) -> None:
    subscriber("tips@example.com", "flying-tips")
    dana = subscriber(DANA, "sales", "flying-tips")
    erin = subscriber("erin@example.com", "sales")
    campaign = prepared("sales")
    assert written_to(campaign) == [DANA, "erin@example.com"]
    page = f"/newsletter/preferences/{dana.token}/"
    client.post(page, {"part": "topics", "topics": ["flying-tips"]})
    assert written_to(campaign) == ["erin@example.com"]
    client.post(f"/newsletter/unsubscribe/{erin.token}/")
    assert written_to(campaign) == []
    assert list(dana.topics.values_list("slug", flat=True)) == ["flying-tips"]


@pytest.mark.promise("special-offers")
def test_returning_subscriber_gets_only_confirmed_topics() -> None:
    one = subscriber(DANA, "sales", state="unsubscribed")
    subscriptions.sign_up(DANA, topics=["flying-tips"], source=Source.PAGE, text="Tips.")
    consent = one.consents.first()
    assert consent is not None
    subscriptions.activate(one, consent)
    assert written_to(prepared("sales")) == []
    assert written_to(prepared("flying-tips")) == [DANA]
