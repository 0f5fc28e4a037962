"""The check list before a letter is launched. What stops it is mended first, advice may wait."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from accounts.newsletter.audience import audience_of
from accounts.newsletter.models import Campaign
from accounts.newsletter.writing import alive
from accounts.newsletter.writing.content import Written, write
from accounts.newsletter.writing.samples import filled
from microflight.core.business import FACTS

#: Bytes of HTML. Gmail cuts a letter at 102 kB, and with its end goes the way to leave.
MOST_BYTES = 100_000
MANY_BYTES = 80_000
LONG_SUBJECT = 60  # characters; telephones show about forty
_TOKEN = re.compile(r"\[\[[^\[\]]*\]\]")
_KNOWN = re.compile(r"\[\[(name|leave|preferences|view|link:[1-9]\d*)\]\]")
#: Words that filters of spam and readers weigh alike. As whole words, in any case.
SPAM_WORDS = (
    "100% free", "act now", "apply now", "as seen on", "best price", "buy now", "cash bonus",
    "click here", "congratulations", "double your", "earn money", "exclusive deal", "for free",
    "free gift", "guaranteed", "hurry", "incredible deal", "last chance", "limited time",
    "lowest price", "no obligation", "once in a lifetime", "order now", "risk free", "risk-free",
    "special promotion", "this is not spam", "urgent", "what are you waiting for", "winner",
    "while supplies last", "you have been selected",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the list."""

    what: str
    words: str
    level: str  # "ok", "advice" or "stops"

    @property
    def stops(self) -> bool:
        """Tell whether the letter cannot be launched like this."""
        return self.level == "stops"


@dataclass(frozen=True, slots=True)
class Checked:
    """A letter, and everything that was looked at."""

    letter: Written
    findings: tuple[Finding, ...]
    readers: int

    @property
    def errors(self) -> list[Finding]:
        """Return what has to be mended first."""
        return [finding for finding in self.findings if finding.stops]


def look_over(campaign: Campaign, *, ask_sites: bool = False) -> Checked:
    """Look a campaign over as it is now. Other sites are asked where both caller and settings
    allow it (seconds)."""
    letter = write(campaign)
    readers, unknown = _readers(campaign)
    findings = [
        *_subjects(campaign),
        *_parts(letter),
        *_size(campaign, letter),
        *_pictures(letter),
        *_tokens(campaign, letter),
        *_links(letter, ask_sites and alive.asks_sites()),
        *_spam(campaign, letter),
        *_audience(campaign, readers, unknown),
    ]
    return Checked(letter, tuple(findings), readers)


def _finding(what: str, level: str, bad: str, good: str) -> Finding:
    return Finding(what, bad or good, level if bad else "ok")


def _subjects(campaign: Campaign) -> Iterator[Finding]:
    subject, other = campaign.subject.strip(), campaign.subject_b.strip()
    if not subject:
        yield Finding("Subject", "There is none.", "stops")
    elif other and other.casefold() == subject.casefold():
        yield Finding("Subject", "Both subjects are the same.", "stops")
    elif _TOKEN.search(subject + other):
        yield Finding("Subject", "Names are not filled in here.", "stops")
    else:
        longest = max(len(subject), len(other))
        bad = f"{longest} characters: telephones show about 40." if longest > LONG_SUBJECT else ""
        yield _finding("Subject", "advice", bad, f"{longest} characters.")
    if not campaign.preheader.strip():
        yield Finding("Preview line", "None: mail programs show the first words.", "advice")


def _parts(letter: Written) -> Iterator[Finding]:
    said = letter.text.split("-" * 20)[0].strip()
    yield _finding(
        "Text part", "stops", "" if said else "The letter is empty.", f"{len(said.split())} words."
    )
    for problem in letter.problems:
        yield Finding("Contents", problem, "stops")
    both = (letter.html, letter.text)
    missing = "" if all("[[leave]]" in part for part in both) else "Not in both parts."
    yield _finding("Way to leave", "stops", missing, "In both parts.")
    there = all(FACTS.street in part and FACTS.postcode in part for part in both)
    yield _finding("Postal address", "stops", "" if there else "Not in both parts.", "In both.")


def _size(campaign: Campaign, letter: Written) -> Iterator[Finding]:
    """Measured as a reader gets it who is counted: those addresses are the longest."""
    size = len(filled(campaign, letter).html.encode())
    words = f"{size / 1000:.0f} kB"
    if size > MOST_BYTES:
        yield Finding("Size", f"{words}: Gmail cuts the end off at 102 kB.", "stops")
    else:
        bad = f"{words}, close to the 102 kB at which Gmail cuts." if size > MANY_BYTES else ""
        yield _finding("Size", "advice", bad, f"{words} of HTML.")


def _pictures(letter: Written) -> Iterator[Finding]:
    without = sum(not alt.strip() for alt in letter.alts)
    bad = f"{without} without words for those who do not see it." if without else ""
    good = f"{len(letter.alts)}, each with its words." if letter.alts else "None."
    yield _finding("Pictures", "stops", bad, good)


def _tokens(campaign: Campaign, letter: Written) -> Iterator[Finding]:
    used = set(_TOKEN.findall(letter.html + letter.text + campaign.preheader))
    strange = sorted(token for token in used if not _KNOWN.fullmatch(token))
    numbers = [int(n) for n in re.findall(r"\[\[link:([1-9]\d*)\]\]", letter.html + letter.text)]
    if max(numbers, default=0) > len(letter.links):
        strange.append(f"[[link:{max(numbers)}]]")
    bad = f"Nobody knows {', '.join(strange)}." if strange else ""
    yield _finding("Places to fill in", "stops", bad, "All known.")


def _links(letter: Written, ask_sites: bool) -> Iterator[Finding]:
    dead = alive.dead(letter.links)
    others = [url for url in letter.links if not alive.is_own(url)]
    own = len(letter.links) - len(others)
    bad = f"Nothing is there: {', '.join(dead)}." if dead else ""
    yield _finding("Links into the shop", "stops", bad, f"{own}, each leads to a page.")
    if not others:
        return
    if ask_sites:
        silent = alive.silent(others)
        bad = f"No good answer: {', '.join(silent)}." if silent else ""
        yield _finding("Links to other sites", "advice", bad, f"{len(others)} answered.")
    else:
        words = f"Nobody looked whether these answer: {', '.join(others)}."
        yield Finding("Links to other sites", words, "advice")


def _spam(campaign: Campaign, letter: Written) -> Iterator[Finding]:
    subjects = f"{campaign.subject}\n{campaign.subject_b}"
    said = f"{subjects}\n{campaign.preheader}\n{letter.text}".casefold()
    found = [word for word in SPAM_WORDS if re.search(rf"\b{re.escape(word)}\b", said)]
    signs: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("several exclamation marks", lambda: said.count("!") > 2 or "!" in subjects),
        ("a subject in capitals", lambda: any(_shouts(line) for line in subjects.splitlines())),
        ("$$", lambda: "$$" in said),
    )
    found += [name for name, is_there in signs if is_there()]
    bad = f"Filters dislike: {', '.join(found)}." if found else ""
    yield _finding("Words of spam", "advice", bad, "None found.")


def _shouts(line: str) -> bool:
    words = [word for word in line.split() if word.isalpha() and len(word) > 3]
    return len(words) > 1 and all(word.isupper() for word in words)


def _readers(campaign: Campaign) -> tuple[int, str]:
    """Return how many people it is for, and the condition that no room knows, if there is one."""
    try:
        return audience_of(campaign).count(), ""
    except KeyError as unknown:
        return 0, str(unknown.args[0])


def _audience(campaign: Campaign, readers: int, unknown: str) -> Iterator[Finding]:
    bad = "" if readers else "Nobody would get it."
    if unknown:
        bad = f"No room knows the condition “{unknown}”: save the letter once more without it."
    good = f"{readers:,} reader{'' if readers == 1 else 's'}."
    yield _finding("Audience", "stops", bad, good)
    if not campaign.topic.is_active:
        yield Finding("Topic", f"“{campaign.topic}” is not offered any more.", "advice")
    if campaign.subject_b and readers * campaign.test_share < 200 * 100:
        tried = readers * campaign.test_share // 100
        words = f"{tried} readers try two subjects: too few to tell them apart."
        yield Finding("Two subjects", words, "advice")
