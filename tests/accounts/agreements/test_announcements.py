"""Announcements of material policy changes, and review reminders."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.agreements import announcements, emails
from accounts.agreements.audiences import AUDIENCES, Audience
from accounts.agreements.models import Announcement
from accounts.mail.models import Message
from accounts.mail.services import deliver
from accounts.users.models import User
from policies.models import ChangeType, Policy, PolicyVersion
from policies.workflow import adopt
from tests.accounts.agreements.conftest import people
from tests.accounts.conftest import Postbox

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def change(
    policy: Policy, *, kind: ChangeType = ChangeType.MATERIAL, days: int = 0
) -> PolicyVersion:
    """Publish a new text that takes effect in so many days."""
    day = timezone.localdate() + days * DAY if days else None
    return adopt(
        policy, "New.", summary="Returns within 60 days.", change_type=kind, effective_on=day
    )


def addresses() -> list[str]:
    """The recipients of a change's emails, in the order of the rows."""
    letters = Message.objects.filter(email_type="policy-changed").order_by("pk")
    return list(letters.values_list("recipient", flat=True))


def in_force() -> time_machine.travel:
    """Travel to a time when accounts created until now are no longer too recent for a batch."""
    return time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False)


# Mutation: with closed accounts included, five emails were written.
@pytest.mark.promise("told-of-changes")
def test_material_change_is_emailed_once_to_verified_accounts(
    terms: Policy, three: list[User]
) -> None:
    closed, unproved, _ = people(3, start=10)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    EmailAddress.objects.filter(user=unproved).delete()
    change(terms, days=30)
    assert announcements.send_pending() == 4
    assert announcements.send_pending() == 0
    assert addresses() == [*(user.email for user in three), "person-12@example.com"]
    row = Announcement.objects.get()
    assert (row.audience, row.queued, row.finished_at) == ("accounts", 4, None)


# Mutation: with a first text announced, three emails were written.
@pytest.mark.promise("told-of-changes")
def test_editorial_change_and_first_version_are_not_announced(
    terms: Policy, three: list[User]
) -> None:
    change(terms, kind=ChangeType.EDITORIAL)
    change(Policy.objects.create(slug="returns", title="Returns"))
    assert announcements.send_pending() == 0
    assert addresses() == []
    assert not Announcement.objects.exists()


# Mutation: with the row closed at the end of the list, the late account got none.
def test_accounts_opened_before_the_effective_date_are_included(
    terms: Policy, three: list[User]
) -> None:
    version = change(terms, days=30)
    assert announcements.send_pending() == 3
    assert version.effective_from is not None
    with time_machine.travel(version.effective_from - DAY, tick=False):
        (late,) = people(1, start=20)
    with time_machine.travel(version.effective_from + DAY, tick=False):
        people(1, start=21)
        assert announcements.send_pending() == 1
        assert Announcement.objects.get().finished_at == timezone.now()
        assert announcements.send_pending() == 0
    assert addresses()[3:] == [late.email]


# Mutation: without the receiver for verified emails, person-0 got no email.
@pytest.mark.promise("told-of-changes")
@pytest.mark.parametrize("days", [30, 0])
def test_account_verified_after_its_batch_gets_one_email(
    days: int, terms: Policy, three: list[User]
) -> None:
    late = EmailAddress.objects.get(user=three[0])
    EmailAddress.objects.filter(pk=late.pk).update(verified=False)
    change(terms, days=days)
    with in_force():
        assert announcements.send_pending() == 2
        assert (Announcement.objects.get().finished_at is None) == (days == 30)
        late.refresh_from_db()
        late.set_verified()
        late.save()
        announcements.send_pending()
    assert addresses() == [three[1].email, three[2].email, three[0].email]
    assert Announcement.objects.get().queued == 3


# Mutation: with batches still to come not waited for, the account was written to at once.
def test_account_verified_before_its_batch_waits_for_it(
    terms: Policy, three: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    late = EmailAddress.objects.get(user=three[2])
    EmailAddress.objects.filter(pk=late.pk).update(verified=False)
    change(terms, days=30)
    assert announcements.send_pending() == 2
    newer = people(1, start=5)[0]
    newer.emailaddress_set.get().save()
    assert addresses() == [three[0].email, three[1].email]
    assert announcements.send_pending() == 1
    assert addresses()[2:] == [newer.email]


# Mutation: with the oldest change of a policy taken, the email was about the one before.
def test_verified_account_gets_newest_change_of_each_policy(
    terms: Policy, three: list[User]
) -> None:
    late = EmailAddress.objects.get(user=three[0])
    EmailAddress.objects.filter(pk=late.pk).update(verified=False)
    User.objects.filter(pk=three[0].pk).update(date_joined=timezone.now() - timedelta(minutes=90))
    returns = Policy.objects.create(slug="returns", title="Returns")
    with time_machine.travel(timezone.now() - timedelta(hours=3), tick=False):
        adopt(returns, "Old.")
    with time_machine.travel(timezone.now() - timedelta(hours=2), tick=False):
        change(returns)
    change(terms)
    newest = change(terms)
    with in_force():
        announcements.send_pending()
        late.refresh_from_db()
        late.set_verified()
    found = Message.objects.filter(recipient=three[0].email)
    assert [letter.subject_id for letter in found] == [f"policy-version:{newest.pk}"]


# Mutation: without the check of earlier emails, the new one got a second email.
def test_changed_email_gets_no_second_announcement(terms: Policy, three: list[User]) -> None:
    change(terms, days=30)
    announcements.send_pending()
    old = addresses()
    new = three[0].emailaddress_set.create(email="new@example.com")
    new.set_verified(commit=False)
    new.set_as_primary()
    three[0].refresh_from_db()
    assert three[0].email == "new@example.com"
    new.save()
    assert addresses() == old


# Mutation: without the stop at a recent account, the batch skipped that one.
def test_uncommitted_account_is_not_skipped(terms: Policy, three: list[User]) -> None:
    change(terms, days=30)
    User.objects.filter(pk=three[1].pk).update(date_joined=timezone.now())
    assert announcements.send_pending() == 1
    with in_force():
        assert announcements.send_pending() == 2
    assert addresses() == [user.email for user in three]


# Mutation: without its own transaction, the failure broke the one around it.
def test_failed_batch_leaves_no_emails_or_progress(
    terms: Policy, three: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    change(terms, days=30)
    monkeypatch.setattr(announcements, "BATCH", 2)
    with pytest.raises(RuntimeError), CutAfter("INSERT", 1):
        announcements.send_pending()
    assert addresses() == [user.email for user in three[:2]]
    assert Announcement.objects.get().queued == 2
    assert announcements.send_pending() == 1
    assert addresses() == [user.email for user in three]


class CutAfter:
    """Lets so many statements that begin with a word through, and fails at the next."""

    def __init__(self, word: str, count: int) -> None:
        self.word, self.left = word, count
        self.wrapper = connection.execute_wrapper(self.statement)

    def statement(self, execute: Callable, sql: str, *rest: object) -> object:
        if sql.startswith(self.word):
            self.left -= 1
            if self.left < 0:
                raise RuntimeError("cut")
        return execute(sql, *rest)

    def __enter__(self) -> None:
        self.wrapper.__enter__()

    def __exit__(self, *problem: object) -> None:
        self.wrapper.__exit__(*problem)  # type: ignore[arg-type]


# Mutation: with the list in an email's cause, one address got two emails.
def test_email_in_two_audiences_gets_one_email(
    terms: Policy, three: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Audience("readers", lambda version: User.objects.filter(pk=three[0].pk), lambda pk: "")
    monkeypatch.setitem(AUDIENCES, "readers", both)
    change(terms, days=30)
    announcements.send_pending()
    assert addresses() == [user.email for user in three]
    told = Announcement.objects.order_by("audience").values_list("audience", "queued")
    assert list(told) == [("accounts", 3), ("readers", 1)]


# Mutation: with the policy's address in it, the version's was missing.
def test_email_shows_change_date_and_link(
    terms: Policy, three: list[User], postbox: Postbox
) -> None:
    with time_machine.travel("2026-05-01 18:00:00+00:00", tick=False):
        User.objects.update(date_joined=timezone.now() - DAY)
        change(terms, days=31)
        announcements.send_pending()
        deliver(Message.objects.earliest("pk").pk)
    letter = postbox.emails[0]
    part = letter.get_body(("plain",))
    assert part is not None
    text = " ".join(str(part.get_content()).split())
    assert (letter["To"], letter["Subject"]) == (three[0].email, "Terms of Sale will change")
    assert "takes effect on June 1, 2026" in text
    assert "Returns within 60 days." in text
    assert "/policies/terms/v2/" in text
    assert "we will ask you to accept the new version" in text


# Mutation: with closed accounts greeted, the email went out.
def test_closed_account_gets_no_email(terms: Policy, three: list[User], postbox: Postbox) -> None:
    change(terms, days=30)
    announcements.send_pending()
    User.objects.filter(pk=three[0].pk).update(is_active=False)
    row = Message.objects.earliest("pk")
    deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.last_error) == (
        "failed",
        "The recipient no longer has an account or a subscription.",
    )
    assert postbox.emails == []


def _statements_of_batches(terms: Policy, count: int) -> list[int]:
    """How many statements each batch of a list takes, the last look included."""
    people(count)
    (row,) = announcements.announce(change(terms, days=30))
    found, told = [], -1
    while told:
        with CaptureQueriesContext(connection) as asked:
            told = announcements.send_batch(
                row.pk, joined_before=timezone.now() - timedelta(seconds=60)
            )
        found.append(len([q for q in asked if "SAVEPOINT" not in str(q["sql"])]))
    return found


# Mutation: with a statement for each email, a batch took more than 5.
def test_queries_per_batch_are_constant(terms: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        announcements, "BATCH", 50
    )  # SQLite writes 90 rows at most in one statement
    assert _statements_of_batches(terms, 200) == [5, 5, 5, 5, 3]


# Mutation: with those before the mark counted too, more than one was left.
def test_admin_shows_progress(staff: Client, terms: Policy, three: list[User]) -> None:
    User.objects.filter(is_staff=True).update(date_joined=timezone.now() - DAY)
    change(terms, days=30)
    announcements.send_pending()
    people(1, start=30)
    row = Announcement.objects.get()
    page = staff.get(f"/admin/agreements/announcement/{row.pk}/change/").content.decode()
    assert "4 queued, 1 person left" in page
    assert "4 Queued, 0 Sending, 0 Sent, 0 Failed" in page
    assert "new people receive it, too" in page
    assert staff.get("/admin/agreements/announcement/").status_code == 200


# Mutation: with days in place of weeks, a second email was there on the sixth day.
def test_overdue_review_is_reminded_weekly(terms: Policy) -> None:
    today = timezone.localdate()
    Policy.objects.update(next_review_on=today)
    assert emails.send_review_reminders() == 0
    Policy.objects.update(next_review_on=today - DAY)
    for _ in range(2):
        assert emails.send_review_reminders() == 1
    assert Message.objects.filter(email_type="policy-review").count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=5), tick=False):
        emails.send_review_reminders()
    assert Message.objects.filter(email_type="policy-review").count() == 1
    with time_machine.travel(timezone.now() + timedelta(days=6), tick=False):
        emails.send_review_reminders()
    assert Message.objects.filter(email_type="policy-review").count() == 2
