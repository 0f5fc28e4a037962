"""A killed worker skips no one and writes to no one twice."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.agreements import announcements
from accounts.agreements.models import Announcement
from accounts.mail.models import Message
from policies.models import ChangeType, Policy, PolicyVersion
from policies.workflow import adopt
from tests.accounts.agreements.conftest import people
from tests.checkout.conftest import needs_postgres
from tests.checkout.failures.killed_process import every_step

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def story(terms: Policy, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Five people in batches of two, and a new change to tell them of."""
    needs_postgres()
    monkeypatch.setattr(announcements, "BATCH", 2)
    people(5)

    def prepare() -> tuple[PolicyVersion, Callable[[], int]]:
        Announcement.objects.update(finished_at=timezone.now())  # the cases before
        day = timezone.localdate() + timedelta(days=30)
        return adopt(
            terms, "New.", change_type=ChangeType.MATERIAL, effective_on=day
        ), announcements.send_pending

    return prepare


def test_killed_worker_neither_skips_nor_repeats_anyone(
    story: Callable,
) -> None:
    half_way = 0
    for version, where in every_step(story, stride=4):
        cause = f"policy-version:{version.pk}"
        emails = Message.objects.filter(email_type="policy-changed", subject_id=cause)
        row = Announcement.objects.get(version=version)
        assert emails.count() == row.queued, where
        half_way += 0 < row.queued < 5
        announcements.send_pending()
        found = Counter(emails.values_list("recipient", flat=True))
        assert found == {f"person-{n}@example.com": 1 for n in range(5)}, where
        row.refresh_from_db()
        assert row.queued == 5, where
    assert half_way >= 2
