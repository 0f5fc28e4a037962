"""Policies in different states, and staff who each have one permission."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.users.models import User
from policies import workflow
from policies.models import ChangeType, Policy, PolicyVersion

CreateVersion = Callable[[str], PolicyVersion]


@pytest.fixture
def shipping(db: None) -> Policy:
    """A policy with one version, in force."""
    policy = Policy.objects.create(slug="shipping", title="Shipping", position=2)
    workflow.adopt(policy, "We ship on Mondays.", effective_on=date(2017, 8, 23))
    return policy


@pytest.fixture
def in_may() -> Iterator[None]:
    """Noon of 10 May 2026 in Saskatoon, for the whole test."""
    with time_machine.travel(datetime(2026, 5, 10, 18, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def privacy(db: None, in_may: None) -> Policy:
    """A policy with a superseded version, one in force, and a scheduled one."""
    policy = Policy.objects.create(slug="privacy", title="Privacy")
    workflow.adopt(policy, "## First\n\nOld words.", effective_on=date(2017, 8, 23))
    workflow.adopt(
        policy,
        "## Second\n\nPresent words.",
        effective_on=date(2026, 5, 1),
        summary="Shorter.",
        change_type=ChangeType.MATERIAL,
    )
    workflow.adopt(policy, "## Third\n\nFuture words.", effective_on=date(2026, 6, 1))
    return policy


@pytest.fixture
def create_draft(shipping: Policy, alice: User) -> CreateVersion:
    """Create a draft of the shipping policy, by Alice, that passes the checks."""

    def create(source: str) -> PolicyVersion:
        draft = workflow.create_draft(shipping, user=alice)
        draft.source, draft.summary = source, "Another day."
        return workflow.save_draft(draft, user=alice)

    return create


@pytest.fixture
def create_approved(create_draft: CreateVersion, alice: User, bob: User) -> CreateVersion:
    """Create a material change that Alice has written and Bob has approved."""

    def create(source: str) -> PolicyVersion:
        draft = create_draft(source)
        workflow.submit_for_review(draft, user=alice)
        return workflow.approve(draft, user=bob)

    return create


@pytest.fixture
def approved(create_approved: CreateVersion) -> PolicyVersion:
    """An approved version."""
    return create_approved("We ship on Tuesdays.")


@pytest.fixture
def grant() -> Callable[..., User]:
    """Make a user a member of staff with the given permissions only."""

    def grant(user: User, *codenames: str) -> User:
        user.is_staff, user.is_superuser = True, False
        user.save()
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        return User.objects.get(pk=user.pk)

    return grant


@pytest.fixture
def log_in_as(
    client: Client, alice: User, bob: User, charlie: User, grant: Callable[..., User]
) -> Callable[[str], Client]:
    """Log in Alice, who writes, Bob, who approves, or Charlie, who publishes."""
    users = {
        "alice": (alice, ["add_policyversion", "change_policyversion", "delete_policyversion"]),
        "bob": (bob, ["approve_policyversion"]),
        "charlie": (charlie, ["publish_policyversion"]),
    }

    def log_in(name: str) -> Client:
        user, codenames = users[name]
        client.force_login(grant(user, *codenames))
        return client

    return log_in
