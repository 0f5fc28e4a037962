"""People of an imported list become subscribers: a batch in six statements."""

from collections.abc import Sequence

from django.conf import settings
from django.utils import timezone

from accounts.mail import outbox
from accounts.mail.models import Message
from accounts.mail.registry import NoLongerNeeded, renders
from accounts.newsletter import links
from accounts.newsletter.listfile import Person
from accounts.newsletter.models import (
    Consent,
    ImportRun,
    Source,
    Subscriber,
    SubscriberEvent,
    Topic,
    digest_of,
)
from accounts.newsletter.states import SubscriberState
from microflight.core.business import FACTS


def enter(people: Sequence[Person], *, run: ImportRun) -> list[Person]:
    """Write subscribers with their consents, and letters to those who have to confirm.

    Returns those who were entered: not who came by another way at this very moment. Call it in the
    transaction that marks the batch as done.
    """
    made = {person.email: _subscriber(person) for person in people}
    Subscriber.objects.bulk_create(made.values(), ignore_conflicts=True)
    tokens = [subscriber.token for subscriber in made.values()]
    pks = dict(Subscriber.objects.filter(token__in=tokens).values_list("email", "pk"))
    entered = [person for person in people if person.email in pks]
    _join_topics(entered, pks)
    consents = Consent.objects.bulk_create(_consent(each, pks[each.email]) for each in entered)
    SubscriberEvent.objects.bulk_create(
        SubscriberEvent(
            subscriber_id=pks[each.email],
            what="imported" if each.confirmed_at else "imported, asked to confirm",
            note=f"list {run.pk}: {each.origin}"[:200],
            by=str(run.by)[:60] if run.by else "",
        )
        for each in entered
    )
    _write_to(entered, consents, run)
    return entered


def _subscriber(person: Person) -> Subscriber:
    """Whoever has to confirm tells nothing of themselves yet: that lies with the consent."""
    if person.confirmed_at is None:
        return Subscriber(email=person.email)
    return Subscriber(
        email=person.email,
        state=SubscriberState.ACTIVE,
        confirmed_at=person.confirmed_at,
        **person.about,
    )


def _join_topics(people: Sequence[Person], pks: dict[str, int]) -> None:
    topics = dict(Topic.objects.values_list("slug", "pk"))
    through = Subscriber.topics.through
    through.objects.bulk_create(
        through(subscriber_id=pks[person.email], topic_id=topics[slug])
        for person in people
        for slug in person.topics
        if person.confirmed_at
    )


def _consent(person: Person, subscriber: int) -> Consent:
    """What the list states. Whoever has to confirm is asked now: their 30 days begin today, and
    the stated day stands beside the origin."""
    consent = Consent(
        subscriber_id=subscriber,
        digest=digest_of(person.email),
        wording=person.wording,
        topics=",".join(person.topics)[:200],
        source=Source.IMPORT,
        origin=person.origin,
        asked_at=person.asked_at,
        confirmed_at=person.confirmed_at,
    )
    if person.confirmed_at is None:
        consent.origin = f"{person.origin}, stated for {person.asked_at:%Y-%m-%d}"
        consent.asked_at = timezone.now()
        consent.details = {name: value for name, value in person.about.items() if value}
    return consent


def _write_to(people: Sequence[Person], consents: Sequence[Consent], run: ImportRun) -> None:
    letters = [
        (person.email, {"consent": consent.pk, "day": f"{person.asked_at:%Y-%m-%d}"})
        for person, consent in zip(people, consents, strict=True)
        if not person.confirmed_at
    ]
    if letters:
        outbox.add_many("newsletter-imported", subject_id=f"import:{run.pk}", letters=letters)


# Not urgent: thousands may be written at once, and nobody waits in front of a page for them.
@renders("newsletter-imported", keep=False, reply_to=FACTS.service_email)
def imported(message: Message) -> dict[str, object]:
    """What is stated about them, and the link that confirms it."""
    found = Consent.objects.filter(pk=message.data["consent"], withdrawn_at=None)
    consent = found.exclude(subscriber=None).first()
    if consent is None or consent.confirmed_at is not None:
        raise NoLongerNeeded("It was confirmed, withdrawn or forgotten.")
    names = Topic.objects.filter(slug__in=consent.topics.split(",")).values_list("name", flat=True)
    return {
        "topics": list(names),
        "wording": consent.wording,
        "origin": consent.origin,
        "link": links.confirm_url(consent.pk),
        "days": links.CONFIRM_WITHIN.days,
        "privacy_url": settings.SITE_URL + "/policies/privacy/",
    }
