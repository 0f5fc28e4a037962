"""The checklist before a campaign is launched: errors must be fixed, advice may wait."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.newsletter.campaigns.audience import audience_of
from accounts.newsletter.campaigns.content import Content, render_content
from accounts.newsletter.campaigns.models import Campaign
from accounts.newsletter.campaigns.preview import filled
from microflight.core import link_check
from microflight.core.business import FACTS

#: Bytes of HTML. Gmail clips an email at 102 kB, and with its end the unsubscribe link.
MAX_BYTES = 100_000
MANY_BYTES = 80_000
LONG_SUBJECT = 60  # characters; phones show about 40
_FIELD = re.compile(r"\[\[[^\[\]]*\]\]")
_KNOWN = re.compile(r"\[\[(name|unsubscribe|preferences|view|link:[1-9]\d*)\]\]")
#: Words that spam filters dislike. As whole words, in any case.
SPAM_WORDS = (
    "100% free", "act now", "apply now", "as seen on", "best price", "buy now", "cash bonus",
    "click here", "congratulations", "double your", "earn money", "exclusive deal", "for free",
    "free gift", "guaranteed", "hurry", "incredible deal", "last chance", "limited time",
    "lowest price", "no obligation", "once in a lifetime", "order now", "risk free", "risk-free",
    "special promotion", "this is not spam", "urgent", "what are you waiting for", "winner",
    "while supplies last", "you have been selected",
)  # fmt: skip
OK, ADVICE, ERROR = "ok", "advice", "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the checklist."""

    what: str
    text: str
    level: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A campaign's content, and everything that was checked."""

    content: Content
    findings: tuple[Finding, ...]
    recipients: int

    @property
    def errors(self) -> list[Finding]:
        """Return what must be fixed first."""
        return [finding for finding in self.findings if finding.level == ERROR]


def check(campaign: Campaign, *, request_sites: bool = False) -> Checked:
    """Check a campaign as it is now. Other sites are requested where both caller and settings
    allow it (seconds)."""
    content = render_content(campaign)
    unknown = ""
    try:
        recipients = audience_of(campaign).count()
    except KeyError as error:
        recipients, unknown = 0, str(error.args[0])
    findings = (
        *_subjects(campaign),
        *_parts(content),
        _size(campaign, content),
        _images(content),
        _fields(campaign, content),
        *_links(content, request_sites and settings.NEWSLETTER_CHECK_LINKS),
        _spam(campaign, content),
        *_audience(campaign, recipients, unknown),
    )
    return Checked(content, findings, recipients)


def _finding(what: str, level: str, bad: str, good: str) -> Finding:
    return Finding(what, bad or good, level if bad else OK)


def _subjects(campaign: Campaign) -> Iterator[Finding]:
    what, subject, other = _("Subject"), campaign.subject.strip(), campaign.subject_b.strip()
    if not subject:
        yield Finding(what, _("Missing."), ERROR)
    elif other and other.casefold() == subject.casefold():
        yield Finding(what, _("Both subjects are the same."), ERROR)
    elif _FIELD.search(subject + other):
        yield Finding(what, _("Merge fields do not work in the subject."), ERROR)
    else:
        longest = max(len(subject), len(other))
        good = ngettext("%d character.", "%d characters.", longest) % longest
        long = f"{good} {_('Phones show about 40.')}" if longest > LONG_SUBJECT else ""
        yield _finding(what, ADVICE, long, good)
    if not campaign.preheader.strip():
        missing = _("Missing: email apps show the first words instead.")
        yield Finding(_("Preview text"), missing, ADVICE)


def _parts(content: Content) -> Iterator[Finding]:
    words = len(content.text.split("-" * 20)[0].split())
    empty = "" if words else _("The campaign is empty.")
    good = ngettext("%d word.", "%d words.", words) % words
    yield _finding(_("Text part"), ERROR, empty, good)
    for problem in content.problems:
        yield Finding(_("Content"), problem, ERROR)
    both, missing, good = (content.html, content.text), _("Not in both parts."), _("In both parts.")
    has_link = all("[[unsubscribe]]" in part for part in both)
    yield _finding(_("Unsubscribe link"), ERROR, "" if has_link else missing, good)
    has_address = all(FACTS.street in part and FACTS.postcode in part for part in both)
    yield _finding(_("Postal address"), ERROR, "" if has_address else missing, good)


def _size(campaign: Campaign, content: Content) -> Finding:
    """Measured as a subscriber gets it whose clicks are counted: those links are the longest."""
    size = len(filled(campaign, content).html.encode())
    if size > MAX_BYTES:
        level, text = ERROR, _("%d kB: Gmail clips emails at 102 kB.")
    elif size > MANY_BYTES:
        level, text = ADVICE, _("%d kB, close to the 102 kB at which Gmail clips.")
    else:
        level, text = OK, _("%d kB of HTML.")
    return Finding(_("Size"), text % round(size / 1000), level)


def _images(content: Content) -> Finding:
    count, without = len(content.alts), sum(not alt.strip() for alt in content.alts)
    bad = _("%d without alternative text.") % without if without else ""
    good = ngettext("%d, with alternative text.", "%d, each with alternative text.", count) % count
    return _finding(_("Images"), ERROR, bad, good if count else _("None."))


def _fields(campaign: Campaign, content: Content) -> Finding:
    both = content.html + content.text
    found = set(_FIELD.findall(both + campaign.preheader))
    unknown = sorted(name for name in found if not _KNOWN.fullmatch(name))
    highest = max((int(n) for n in re.findall(r"\[\[link:([1-9]\d*)\]\]", both)), default=0)
    if highest > len(content.links):
        unknown.append(f"[[link:{highest}]]")
    bad = _("Unknown: %s.") % ", ".join(unknown) if unknown else ""
    return _finding(_("Merge fields"), ERROR, bad, _("All known."))


def _links(content: Content, request_sites: bool) -> Iterator[Finding]:
    others = [url for url in content.links if not link_check.is_own(url)]
    own = len(content.links) - len(others)
    broken = ", ".join(link_check.broken(content.links))
    good = ngettext("%d, it works.", "%d, all of them work.", own) % own if own else _("None.")
    yield _finding(_("Links to the shop"), ERROR, broken and _("Broken: %s.") % broken, good)
    if others and request_sites:
        silent = ", ".join(link_check.unreachable(others))
        good = ngettext("%d works.", "%d work.", len(others)) % len(others)
        bad = silent and _("No good answer: %s.") % silent
        yield _finding(_("Links to other sites"), ADVICE, bad, good)
    elif others:
        text = _("Not checked: %s.") % ", ".join(others)
        yield Finding(_("Links to other sites"), text, ADVICE)


def _spam(campaign: Campaign, content: Content) -> Finding:
    subjects = f"{campaign.subject}\n{campaign.subject_b}"
    said = f"{subjects}\n{campaign.preheader}\n{content.text}".casefold()
    found = [word for word in SPAM_WORDS if re.search(rf"\b{re.escape(word)}\b", said)]
    if said.count("!") > 2 or "!" in subjects:
        found.append(_("several exclamation marks"))
    if any(_is_in_capitals(line) for line in subjects.splitlines()):
        found.append(_("a subject in capitals"))
    if "$$" in said:
        found.append("$$")
    bad = _("Spam filters dislike: %s.") % ", ".join(found) if found else ""
    return _finding(_("Spam words"), ADVICE, bad, _("None found."))


def _is_in_capitals(line: str) -> bool:
    words = [word for word in line.split() if word.isalpha() and len(word) > 3]
    return len(words) > 1 and all(word.isupper() for word in words)


def _audience(campaign: Campaign, recipients: int, unknown: str) -> Iterator[Finding]:
    bad = "" if recipients else _("It has no recipients.")
    if unknown:
        bad = _("Unknown filter “%s”: save the campaign without it.") % unknown
    good = ngettext("%s recipient.", "%s recipients.", recipients) % f"{recipients:,}"
    yield _finding(_("Audience"), ERROR, bad, good)
    if not campaign.topic.is_active:
        yield Finding(_("Topic"), _("“%s” is no longer offered.") % campaign.topic, ADVICE)
    tested = recipients * campaign.test_share // 100
    if campaign.subject_b and tested < 200:
        text = ngettext(
            "%d recipient tests the subjects: too few to tell them apart.",
            "%d recipients test the subjects: too few to tell them apart.",
            tested,
        )
        yield Finding(_("Second subject"), text % tested, ADVICE)
