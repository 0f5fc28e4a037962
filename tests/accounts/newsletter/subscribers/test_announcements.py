"""Announcements of the privacy policy to subscribers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.agreements import announcements
from accounts.agreements.models import Announcement
from accounts.mail.models import Message
from accounts.mail.services import deliver
from accounts.newsletter.models import Subscriber
from accounts.newsletter.subscribers.erasure import erase
from accounts.users.models import User
from policies.models import ChangeType, Policy
from policies.workflow import adopt
from tests.accounts.conftest import Postbox

pytestmark = pytest.mark.django_db
YESTERDAY = timedelta(days=1)


def subscriber(who: str, state: str = "active", **more: object) -> Subscriber:
    came = timezone.now() - YESTERDAY
    return Subscriber.objects.create(
        email=f"{who}@example.com", state=state, created_at=came, **more
    )


def change(slug: str = "privacy", kind: ChangeType = ChangeType.MATERIAL) -> None:
    policy = Policy.objects.create(slug=slug, title=slug.title())
    adopt(policy, "Old.")
    day = timezone.localdate() + timedelta(days=30)
    adopt(policy, "New.", summary="Less is kept.", change_type=kind, effective_on=day)


def told() -> list[str]:
    rows = Message.objects.filter(email_type="policy-changed").order_by("recipient")
    return list(rows.values_list("recipient", flat=True))


@pytest.mark.promise("told-of-changes")
def test_subscribers_and_accounts_get_one_announcement_each(
    alice: User,
) -> None:
    User.objects.update(date_joined=timezone.now() - YESTERDAY)
    subscriber("dana")
    subscriber("erin", paused_until=timezone.localdate() + timedelta(days=9))
    subscriber("alice")
    for state in ("pending", "unsubscribed", "blocked"):
        subscriber(state, state)
    change()
    assert announcements.send_pending() == 3
    assert announcements.send_pending() == 0
    assert told() == ["alice@example.com", "dana@example.com", "erin@example.com"]
    counts = Announcement.objects.order_by("audience").values_list("audience", "queued")
    assert list(counts) == [("accounts", 1), ("subscribers", 2)]


def test_closed_account_gets_it_as_subscriber(alice: User) -> None:
    User.objects.update(date_joined=timezone.now() - YESTERDAY, is_active=False)
    subscriber("alice")
    change()
    assert announcements.send_pending() == 1
    assert Message.objects.get().data["audience"] == "subscribers"


def test_other_policies_and_editorial_changes_are_not_announced() -> None:
    subscriber("dana")
    change("shipping")
    change("privacy", ChangeType.EDITORIAL)
    assert announcements.send_pending() == 0
    assert not Announcement.objects.filter(audience="subscribers").exists()


def test_announcement_mentions_the_newsletter(postbox: Postbox) -> None:
    subscriber("dana", name="Dana")
    change()
    Policy.objects.update(required_at_registration=True)
    announcements.send_pending()
    deliver(Message.objects.get().pk)
    part = postbox.emails[0].get_body(("plain",))
    assert part is not None
    text = " ".join(str(part.get_content()).split())
    assert "Hi Dana," in text
    assert "part of what you agreed to when you signed up for our newsletter" in text
    assert "log in" not in text


@pytest.mark.parametrize("goes", ["leaves", "is erased"])
def test_unsubscribed_person_gets_no_announcement(goes: str, postbox: Postbox) -> None:
    dana = subscriber("dana")
    change()
    announcements.send_pending()
    pk = Message.objects.get().pk
    if goes == "leaves":
        Subscriber.objects.update(state="unsubscribed")
    else:
        erase(dana)
    deliver(pk)
    assert postbox.emails == []
