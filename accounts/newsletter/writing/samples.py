"""A letter as somebody reads it: a subscriber, a made-up reader, or everybody in the archive."""

from dataclasses import dataclass

from accounts.newsletter import personal
from accounts.newsletter.models import Campaign, Subscriber
from accounts.newsletter.writing.content import Written, write

NOBODY = "a-made-up-reader"  # stands where the token of a subscriber's links would


@dataclass(frozen=True, slots=True)
class Filled:
    """Both parts with nothing left to fill in, apart from what nobody knows."""

    html: str
    text: str


def made_up_reader() -> Subscriber:
    """Return a reader who is in no table; the links of their letter lead to nobody."""
    return Subscriber(email="reader@example.com", name="Dana", clicks_counted=True, token=NOBODY)


def unlinked(reader: Subscriber | None) -> Subscriber | None:
    """Return a reader for staff to look as, with links that lead to nobody: who tries a button of
    theirs must not end letters in somebody else's name."""
    if reader is not None:
        reader.token = NOBODY
    return reader


def filled(campaign: Campaign, letter: Written, reader: Subscriber | None = None) -> Filled:
    """Return a letter that is not frozen yet as a reader would get it."""
    links = dict(enumerate(letter.links, 1))
    values = personal.values_of(reader or made_up_reader(), campaign, links)
    return Filled(_fill(letter.html, values, html=True), _fill(letter.text, values, html=False))


def as_stored(campaign: Campaign, reader: Subscriber | None = None) -> Filled:
    """Return a letter as a reader gets it: a launched one as it was frozen, a draft as saved."""
    if not campaign.is_frozen:
        return filled(campaign, write(campaign), reader)
    urls = list(campaign.links.values_list("url", flat=True))  # in their order, without a gap
    return filled(campaign, Written(campaign.body_html, campaign.body_text, urls), reader)


def _fill(body: str, values: dict[str, str], *, html: bool) -> str:
    """Fill in what is known. A token that nobody knows stays: the check list names it."""
    try:
        return personal.fill(body, values, html=html)
    except KeyError:
        for name, value in values.items():
            body = body.replace(f"[[{name}]]", personal.fill("[[x]]", {"x": value}, html=html))
        return body
