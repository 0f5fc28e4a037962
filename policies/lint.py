"""Automatic checks of a policy version before review.

Errors block the review (`workflow.submit_for_review`), warnings do not.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.text import slugify
from django.utils.translation import gettext as _

from microflight.core.business import FACTS
from policies import disclosures, markdown, promises, readability, variables
from policies.models import ChangeType, PolicyVersion

#: School grade (Flesch-Kincaid) above which a version gets a warning.
MAX_GRADE = 10.0
#: At the end of a line: its contact details belong to someone else on purpose.
THIRD_PARTY = "<!-- third party -->"

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TELEPHONE = re.compile(r"(?<![\w.])\+?\d?[ .-]?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?!\w)")
_POSTAL_CODE = re.compile(r"\b[A-Z]\d[A-Z] ?\d[A-Z]\d\b")
#: The three forms of a Markdown link: `[text](url)`, `<url>`, and `[name]: url` on its own line.
_LINK = re.compile(
    r"(?<!!)\[[^\]]*\]\(\s*<?([^)\s>]+)|<((?:https?|mailto):[^>\s]+)>"
    r"|^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """An error or a warning, and its line in the source; 0 for the version as a whole."""

    message: str
    line: int = 0
    is_error: bool = True

    def __str__(self) -> str:
        if not self.line:
            return self.message
        return _("Line %(line)s: %(message)s") % {"line": self.line, "message": self.message}


@dataclass(frozen=True, slots=True)
class Draft:
    """A version with what its checks need, loaded once."""

    version: PolicyVersion
    newest: PolicyVersion | None  # the newest published version
    body: str  # the source with today's variables
    anchors: frozenset[str]

    @property
    def lines(self) -> Iterator[tuple[int, str]]:
        """Return the lines of the source, numbered from 1."""
        return enumerate(self.version.source.split("\n"), start=1)


Check = Callable[[Draft], Iterator[Finding]]


def findings(version: PolicyVersion) -> list[Finding]:
    """Return all findings, errors first."""
    body = variables.preview(version.source)
    headings = markdown.render(body).headings
    newest = version.policy.versions.published().order_by("-number").first()
    draft = Draft(version, newest, body, frozenset(heading.anchor for heading in headings))
    found = [finding for check in CHECKS for finding in check(draft)]
    return sorted(found, key=lambda finding: (not finding.is_error, finding.line))


def errors(version: PolicyVersion) -> list[str]:
    """Return the messages of the errors."""
    return [str(finding) for finding in findings(version) if finding.is_error]


# --- Content -------------------------------------------------------------------------------------


def _check_content(draft: Draft) -> Iterator[Finding]:
    if not draft.version.source.strip():
        yield Finding(_("The version is empty."))
    if not draft.version.summary.strip() and draft.newest:
        yield Finding(_("Add a summary of changes."))


def _check_variables(draft: Draft) -> Iterator[Finding]:
    for each in variables.unknown_in(draft.version.source):
        yield Finding(_("unknown variable “%(name)s”.") % {"name": each.name}, each.line)


def _check_sections(draft: Draft) -> Iterator[Finding]:
    required = draft.version.policy.required_sections.splitlines()
    titles = {slugify(line): line.strip() for line in required if line.strip()}
    for anchor, title in titles.items():
        if anchor not in draft.anchors:
            message = _("The required section “%(title)s” is missing.")
            yield Finding(message % {"title": title})
    if draft.newest is None:
        return
    for heading in markdown.render(draft.newest.body).headings:
        if heading.anchor not in draft.anchors | set(titles):
            message = _("Section “%(title)s” of version %(number)s was removed.")
            values = {"title": heading.text, "number": draft.newest.number}
            yield Finding(message % values, is_error=False)


def _check_reading_level(draft: Draft) -> Iterator[Finding]:
    grade = readability.grade(draft.body)
    if grade > MAX_GRADE:
        message = _(
            "Reading level: grade %(grade).0f (Flesch-Kincaid). More customers understand grade "
            "%(max).0f or lower; shorter sentences help most."
        )
        yield Finding(message % {"grade": grade, "max": MAX_GRADE}, is_error=False)


# --- Contact details and links -------------------------------------------------------------------


def _check_contacts(draft: Draft) -> Iterator[Finding]:
    ours = (
        (_EMAIL, (FACTS.sales_email, FACTS.service_email)),
        (_TELEPHONE, (FACTS.telephone, FACTS.fax)),
        (_POSTAL_CODE, (FACTS.postcode,)),
    )
    for number, line in draft.lines:
        if line.rstrip().endswith(THIRD_PARTY):
            continue
        for pattern, known in ours:
            for contact in pattern.findall(line):
                yield _contact_finding(contact, known, number)


def _contact_finding(contact: str, known: tuple[str, ...], line: int) -> Finding:
    if _normalize_contact(contact) in map(_normalize_contact, known):
        message = _("use a variable instead of “%(contact)s”, so that it stays up to date.")
        return Finding(message % {"contact": contact}, line, is_error=False)
    message = _(
        "“%(contact)s” is not ours. If it belongs to a third party, end the line with %(comment)s."
    )
    return Finding(message % {"contact": contact, "comment": THIRD_PARTY}, line)


def _normalize_contact(contact: str) -> str:
    """Remove spaces, brackets, +1 and capitals, which differ between spellings of a contact."""
    bare = re.sub(r"[\s()]", "", contact).lower()
    return bare if re.search("[a-z]", bare) else re.sub(r"\D", "", bare).removeprefix("1")


def _check_links(draft: Draft) -> Iterator[Finding]:
    for number, line in draft.lines:
        for link in _LINK.finditer(line):
            url = link[1] or link[2] or link[3]
            if problem := _link_problem(url, draft.anchors):
                message = _("link to “%(url)s”: %(problem)s")
                yield Finding(message % {"url": url, "problem": problem}, number)


def _link_problem(url: str, anchors: frozenset[str]) -> str:
    """Return what is wrong with a link, "" if nothing is."""
    parts = urlsplit(url)
    if parts.scheme in ("mailto", "tel", "https"):
        return ""
    if parts.scheme == "http" or parts.netloc:
        return _("use https.")
    if parts.scheme:
        return _("this type of link is not allowed.")
    if not parts.path:
        return "" if parts.fragment in anchors else _("there is no such section.")
    if not parts.path.startswith("/"):
        return _("begin it with a slash.")
    try:
        match = resolve(parts.path)
    except Resolver404:
        return _("page not found.")
    if match.namespace == "policies" and "slug" in match.kwargs:
        return _policy_link_problem(match, parts.fragment)
    return ""


def _policy_link_problem(match: ResolverMatch, anchor: str) -> str:
    if match.url_name is None:  # the view for unknown pages
        return _("page not found.")
    published = PolicyVersion.objects.published().filter(policy__slug=match.kwargs["slug"])
    versions = {version.number or 0: version for version in published}
    if not versions:
        return _("there is no such policy.")
    numbers = [match.kwargs[name] for name in ("number", "old", "new") if name in match.kwargs]
    if not versions.keys() >= set(numbers):
        return _("there is no such version.")
    version = versions[numbers[0] if numbers else max(versions)]
    anchors = {heading.anchor for heading in markdown.render(version.body).headings}
    if anchor and match.url_name in ("page", "version") and anchor not in anchors:
        return _("that policy has no such section.")
    return ""


# --- What the site does --------------------------------------------------------------------------


def _check_cookies(draft: Draft) -> Iterator[Finding]:
    """The cookie policy must list every cookie, and so must a policy that lists any of them."""
    listed = {each.name for each in disclosures.cookies() if _lists_cookie(draft.body, each.name)}
    if draft.version.policy.slug != "cookies" and not listed:
        return
    for cookie in disclosures.cookies():
        if cookie.name not in listed:
            message = _("The site sets the cookie “%(name)s”, which is not listed.")
            yield Finding(message % {"name": cookie.name})


def _lists_cookie(body: str, cookie: str) -> bool:
    """Return whether a policy names a cookie in a table cell or as code."""
    name = re.escape(cookie)
    return re.search(rf"^\|\s*`?{name}`?\s*\||`{name}`", body, re.MULTILINE) is not None


def _check_promises(draft: Draft) -> Iterator[Finding]:
    if not promises.known_tests():
        yield Finding(_("Run `manage.py promises` to check promises."), is_error=False)
    else:
        for promise in promises.untested_in(draft.version.source):
            message = _("no test covers the promise “%(id)s”.")
            yield Finding(message % {"id": promise.id}, promise.line)
    if draft.newest is None:
        return
    old = set(promises.ids_in(draft.newest.body))
    new = set(promises.ids_in(draft.version.source))
    if removed := sorted(old - new):
        message = _("Promises removed: %(ids)s. This is a material change.")
        yield _changed_promises(draft, message % {"ids": ", ".join(removed)})
    if added := sorted(new - old):
        message = _("Promises added: %(ids)s. This is a material change.")
        yield _changed_promises(draft, message % {"ids": ", ".join(added)})


def _changed_promises(draft: Draft, message: str) -> Finding:
    return Finding(message, is_error=draft.version.change_type == ChangeType.EDITORIAL)


CHECKS: tuple[Check, ...] = (
    _check_content,
    _check_variables,
    _check_sections,
    _check_contacts,
    _check_links,
    _check_cookies,
    _check_promises,
    _check_reading_level,
)
