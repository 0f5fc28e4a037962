"""Turns people of an import into subscribers: a batch in six statements."""

from collections.abc import Sequence

from django.utils import timezone

from accounts.mail import outbox
from accounts.newsletter.subscribers.csv_import import Person
from accounts.newsletter.subscribers.email_hash import hash_email
from accounts.newsletter.subscribers.models import (
    Consent,
    ImportRun,
    Source,
    Subscriber,
    SubscriberEvent,
    Topic,
)
from accounts.newsletter.subscribers.states import SubscriberState


def create(people: Sequence[Person], *, run: ImportRun) -> list[Person]:
    """Create subscribers with their consents, and email those who have to confirm.

    Returns those who were created: not those who signed up in another way at this very moment.
    Call it in the transaction that marks the batch as done.
    """
    made = {person.email: _subscriber(person) for person in people}
    Subscriber.objects.bulk_create(made.values(), ignore_conflicts=True)
    tokens = [subscriber.token for subscriber in made.values()]
    pks = dict(Subscriber.objects.filter(token__in=tokens).values_list("email", "pk"))
    created = [person for person in people if person.email in pks]
    topics = dict(Topic.objects.values_list("slug", "pk"))
    through = Subscriber.topics.through
    through.objects.bulk_create(
        through(subscriber_id=pks[person.email], topic_id=topics[slug])
        for person in created
        for slug in person.topics
        if person.confirmed_at
    )
    consents = Consent.objects.bulk_create(_consent(each, pks[each.email]) for each in created)
    SubscriberEvent.objects.bulk_create(_event(each, pks[each.email], run) for each in created)
    to_confirm = [
        (person.email, {"consent": consent.pk})
        for person, consent in zip(created, consents, strict=True)
        if not person.confirmed_at
    ]
    if to_confirm:
        outbox.add_many("newsletter-imported", subject_id=f"import:{run.pk}", recipients=to_confirm)
    return created


def _event(person: Person, subscriber: int, run: ImportRun) -> SubscriberEvent:
    return SubscriberEvent(
        subscriber_id=subscriber,
        what="imported" if person.confirmed_at else "imported, asked to confirm",
        note=f"import {run.pk}: {person.origin}"[:200],
        by=str(run.by)[:60] if run.by else "",
    )


def _subscriber(person: Person) -> Subscriber:
    """The details stay on the consent until it is confirmed."""
    if person.confirmed_at is None:
        return Subscriber(email=person.email)
    return Subscriber(
        email=person.email,
        state=SubscriberState.ACTIVE,
        confirmed_at=person.confirmed_at,
        **person.details,
    )


def _consent(person: Person, subscriber: int) -> Consent:
    """Return the consent that the file states. If it has to be confirmed, its 30 days start today,
    and the stated date is added to the origin."""
    consent = Consent(
        subscriber_id=subscriber,
        email_hash=hash_email(person.email),
        text=person.text,
        topics=",".join(person.topics)[:200],
        source=Source.IMPORT,
        origin=person.origin,
        requested_at=person.requested_at,
        confirmed_at=person.confirmed_at,
    )
    if person.confirmed_at is None:
        consent.origin = f"{person.origin}, stated for {person.requested_at:%Y-%m-%d}"
        consent.requested_at = timezone.now()
        consent.details = {name: value for name, value in person.details.items() if value}
    return consent
