"""What a machine can find wrong with a policy's text before a person reads it.

What stops a review is also refused by `publishing.submit`; the rest is advice.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.text import slugify

from microflight.core.business import FACTS
from policies import markdown, promises, reading_level, register, variables
from policies.models import Kind, PolicyVersion

#: School years that a reader needs at most (Flesch-Kincaid); a warning above.
HARDEST = 10.0
#: At the end of a line: the contact in it is somebody else's, on purpose.
THEIRS = "<!-- theirs -->"

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TELEPHONE = re.compile(r"(?<![\w.])\+?\d?[ .-]?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?!\w)")
_POSTCODE = re.compile(r"\b[A-Z]\d[A-Z] ?\d[A-Z]\d\b")
#: In its three forms: `[words](address)`, `<address>`, and `[name]: address` on a line of its own.
_LINK = re.compile(
    r"(?<!!)\[[^\]]*\]\(\s*<?([^)\s>]+)|<((?:https?|mailto):[^>\s]+)>"
    r"|^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend (`stops`) or to think about, and its line in the text, 0 for all of it."""

    words: str
    line: int = 0
    stops: bool = True

    def __str__(self) -> str:
        return f"Line {self.line}: {self.words}" if self.line else self.words


@dataclass(frozen=True, slots=True)
class Draft:
    """A text with what its checks ask for, read once."""

    version: PolicyVersion
    newest: PolicyVersion | None  # the last one that was published
    shown: str  # with the variables of today
    anchors: frozenset[str]

    @property
    def lines(self) -> Iterator[tuple[int, str]]:
        """Return the lines as they are written, numbered from 1."""
        return enumerate(self.version.source.split("\n"), start=1)


Check = Callable[[Draft], Iterator[Finding]]


def findings(version: PolicyVersion) -> list[Finding]:
    """Return everything that was found, what stops a review first."""
    shown = variables.shown(version.source)
    headings = markdown.render(shown).headings
    newest = version.policy.versions.published().order_by("-number").first()
    draft = Draft(version, newest, shown, frozenset(one.anchor for one in headings))
    found = [finding for check in _CHECKS for finding in check(draft)]
    return sorted(found, key=lambda one: (not one.stops, one.line))


def errors(version: PolicyVersion) -> list[str]:
    """Return what stops a review, as sentences."""
    return [str(one) for one in findings(version) if one.stops]


# --- The text as a whole -------------------------------------------------------------------------


def _summary(draft: Draft) -> Iterator[Finding]:
    if not draft.version.source.strip():
        yield Finding("There is no text.")
    if not draft.version.summary.strip() and draft.newest:
        yield Finding("Say in the summary what changes, in plain words.")


def _unknown_variables(draft: Draft) -> Iterator[Finding]:
    for each in variables.unknown_in(draft.version.source):
        yield Finding(f"nobody knows the variable “{each.name}”.", each.line)


def _sections(draft: Draft) -> Iterator[Finding]:
    required = draft.version.policy.required_sections.splitlines()
    wanted = {slugify(line): line.strip() for line in required if line.strip()}
    for anchor, heading in wanted.items():
        if anchor not in draft.anchors:
            yield Finding(f"The section “{heading}” is missing.")
    if draft.newest is None:
        return
    for one in markdown.render(draft.newest.body).headings:
        if one.anchor not in draft.anchors | set(wanted):
            words = f"Version {draft.newest.number} has a section “{one.text}”, this text has not."
            yield Finding(words, stops=False)


def _reading_level(draft: Draft) -> Iterator[Finding]:
    grade = reading_level.grade(draft.shown)
    if grade > HARDEST:
        words = (
            f"Its language takes {grade:.0f} years of school (Flesch-Kincaid); {HARDEST:.0f} or "
            "fewer would reach more customers. Shorter sentences help most."
        )
        yield Finding(words, stops=False)


# --- Contacts and links --------------------------------------------------------------------------


def _contacts(draft: Draft) -> Iterator[Finding]:
    ours = {
        "e-mail address": (_EMAIL, {FACTS.sales_email, FACTS.service_email}),
        "number": (_TELEPHONE, {FACTS.telephone, FACTS.fax}),
        "postcode": (_POSTCODE, {FACTS.postcode}),
    }
    for number, line in draft.lines:
        if line.rstrip().endswith(THEIRS):
            continue
        for kind, (pattern, known) in ours.items():
            for found in pattern.findall(line):
                yield _contact(kind, found, known, number)


def _contact(kind: str, found: str, known: set[str], line: int) -> Finding:
    if _plain(found) in map(_plain, known):
        words = f"“{found}” is right today; a variable stays right when it changes."
        return Finding(words, line, stops=False)
    return Finding(
        f"“{found}” is no {kind} of the shop. If it is somebody else's, end the line with {THEIRS}",
        line,
    )


def _links(draft: Draft) -> Iterator[Finding]:
    for number, line in draft.lines:
        for found in _LINK.finditer(line):
            address = found[1] or found[2] or found[3]
            if why := _dead(address, draft.anchors):
                yield Finding(f"the link to “{address}” {why}", number)


def _dead(address: str, anchors: frozenset[str]) -> str:
    """Why a link leads nowhere; empty where it is as it should be."""
    parts = urlsplit(address)
    if parts.scheme in ("mailto", "tel", "https"):
        return ""
    if parts.scheme == "http" or parts.netloc:
        return "is not encrypted: write https."
    if parts.scheme:
        return "is no address that a text may lead to."
    if not parts.path:
        return "" if parts.fragment in anchors else "names a section that is not here."
    if not parts.path.startswith("/"):
        return "depends on the page it stands on: begin it with a slash."
    try:
        match = resolve(parts.path)
    except Resolver404:
        return "leads nowhere on this site."
    if match.namespace == "policies" and "slug" in match.kwargs:
        return _dead_policy(match, parts.fragment)
    return ""


def _dead_policy(match: ResolverMatch, anchor: str) -> str:
    if match.url_name is None:  # the page that says that nothing is there
        return "leads nowhere on this site."
    published = PolicyVersion.objects.published().filter(policy__slug=match.kwargs["slug"])
    versions = {version.number or 0: version for version in published}
    if not versions:
        return "leads to a policy that does not exist."
    named = [match.kwargs[each] for each in ("number", "old", "new") if each in match.kwargs]
    if not versions.keys() >= set(named):
        return "names a version that the policy has not."
    text = versions[named[0] if named else max(versions)]
    anchors = {one.anchor for one in markdown.render(text.body).headings}
    if anchor and match.url_name in ("page", "version") and anchor not in anchors:
        return "names a section that the policy has not."
    return ""


# --- What the site does --------------------------------------------------------------------------


def _cookies(draft: Draft) -> Iterator[Finding]:
    """The policy on cookies names each one that the site sets; so does any other that names one."""
    named = {one.name for one in register.cookies() if _lists(draft.shown, one.name)}
    if draft.version.policy.slug != "cookies" and not named:
        return
    for cookie in register.cookies():
        if cookie.name not in named:
            yield Finding(f"The site sets a cookie “{cookie.name}”, and the text does not list it.")


def _lists(text: str, cookie: str) -> bool:
    """Tell whether a text names a cookie in a cell of a table or as code."""
    name = re.escape(cookie)
    return re.search(rf"^\|\s*`?{name}`?\s*\||`{name}`", text, re.MULTILINE) is not None


def _promises(draft: Draft) -> Iterator[Finding]:
    if not promises.tests_found():
        yield Finding("Nobody has counted the tests: run `manage.py promises`.", stops=False)
    for each in promises.untested_in(draft.version.source) if promises.tests_found() else ():
        yield Finding(f"no test of the software holds the promise “{each.id}”.", each.line)
    if draft.newest is None:
        return
    before = set(promises.ids_in(draft.newest.body))
    now = set(promises.ids_in(draft.version.source))
    changed = [f"“{name}” is gone" for name in sorted(before - now)]
    changed += [f"“{name}” is new" for name in sorted(now - before)]
    if changed:
        words = f"Promises: {', '.join(changed)}. That makes it a material change."
        yield Finding(words, stops=draft.version.kind == Kind.EDITORIAL)


# --- The parts -----------------------------------------------------------------------------------


def _plain(contact: str) -> str:
    """A contact without what differs between two ways to write it: spaces, +1, capitals."""
    bare = re.sub(r"[\s()]", "", contact).lower()
    return bare if re.search("[a-z]", bare) else re.sub(r"\D", "", bare).removeprefix("1")


_CHECKS: tuple[Check, ...] = (
    _summary, _unknown_variables, _sections, _contacts, _links, _cookies, _promises, _reading_level,
)  # fmt: skip
