"""A policy with a text in force, and the people who work on the next one."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.users.models import User
from policies import publishing
from policies.models import Kind, Policy, PolicyVersion


@pytest.fixture
def shipping(db: None) -> Policy:
    """A policy whose first text is in force."""
    policy = Policy.objects.create(slug="shipping", title="Shipping", position=2)
    publishing.adopt(policy, "We post on Mondays.", effective_on=date(2017, 8, 23))
    return policy


@pytest.fixture
def in_may() -> Iterator[None]:
    """Noon of 10 May 2026 in Saskatoon, the whole test long."""
    with time_machine.travel(datetime(2026, 5, 10, 18, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def privacy(db: None, in_may: None) -> Policy:
    """A policy with a text that is superseded, one in force, and one that is still to come."""
    policy = Policy.objects.create(slug="privacy", title="Privacy")
    publishing.adopt(policy, "## First\n\nOld words.", effective_on=date(2017, 8, 23))
    publishing.adopt(
        policy, "## Second\n\nPresent words.", effective_on=date(2026, 5, 1), summary="Shorter.",
        kind=Kind.MATERIAL,
    )  # fmt: skip
    publishing.adopt(policy, "## Third\n\nFuture words.", effective_on=date(2026, 6, 1))
    return policy


@pytest.fixture
def approved(shipping: Policy, alice: User, bob: User) -> PolicyVersion:
    """Alice wrote it, Bob approved it: a material change, ready to be published."""
    return ready(shipping, "We post on Tuesdays.", alice, bob)


def begun(policy: Policy, source: str, writer: User) -> PolicyVersion:
    """Return a draft that could be submitted."""
    draft = publishing.new_draft(policy, by=writer)
    draft.source, draft.summary = source, "Another day."
    return publishing.write(draft, by=writer)


def ready(policy: Policy, source: str, writer: User, approver: User) -> PolicyVersion:
    """Return a material change that only has to be published."""
    draft = begun(policy, source, writer)
    publishing.submit(draft, by=writer)
    return publishing.approve(draft, by=approver)


def may(user: User, *rights: str) -> User:
    """Make somebody a member of staff with these rights over policies alone."""
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return User.objects.get(pk=user.pk)


RIGHTS = {
    "alice": ("add_policyversion", "change_policyversion", "delete_policyversion"),
    "bob": ("approve_policyversion",),
    "charlie": ("publish_policyversion",),
}


@pytest.fixture
def at_the_desk(client: Client, alice: User, bob: User, charlie: User) -> Any:
    """Log somebody in who may do one part of the work, and no superuser's more."""
    people = {"alice": alice, "bob": bob, "charlie": charlie}

    def log_in(name: str) -> Client:
        person = people[name]
        person.is_superuser = False
        client.force_login(may(person, *RIGHTS[name]))
        return client

    return log_in
