"""Texts by staff for email types: which variables they may use, checks, and rendering.

A text is Markdown with `{{ variables }}` and `{% if %}`. Its variables are those that the file of
the email uses, as plain values: a text reaches no other object. It replaces the content of the
email; layout, footer and unsubscribe links stay.
"""

import re
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django.template import Context, Engine, TemplateDoesNotExist, TemplateSyntaxError, Variable
from django.template.base import VariableNode
from django.template.defaulttags import IfNode
from django.template.loader import get_template
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext

from accounts.mail.models import EmailTemplate
from accounts.mail.plain_text import plain_text
from policies.markdown import parse
from policies.markdown import render as render_markdown

_TAG = re.compile(r"{[{%](.*?)[%}]}", re.DOTALL)
_LITERAL = re.compile(r"\"[^\"]*\"|'[^']*'")
_PATH = re.compile(r"[a-z]\w*(?:\.[a-z]\w*)*")
_PART = re.compile(r'{% include "emails/_(\w+)\.txt"')
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_MARK = "\ue000{}\ue001"  # private characters: the place of a part in the HTML
_HEADING = re.compile(r"(</?)h2\b")
_PLAIN = (str, int, Decimal, date, Promise)


class _Engine(Engine):
    """Knows our syntax only: Django's own has tags that load and include."""

    default_builtins = ["accounts.mail.template_syntax"]


_ENGINE = _Engine(dirs=[], loaders=[], string_if_invalid="")


def _source(name: str) -> str:
    """Return the source of a file in `emails/`; "" if there is none."""
    with suppress(TemplateDoesNotExist):
        return str(cast(Any, get_template(f"emails/{name}")).template.source)
    return ""


def is_editable(email_type: str) -> bool:
    """Return whether staff may write the text: a test of a campaign has its own."""
    source = _source(f"{email_type}/body.txt")
    return "{% block subject %}" in source and "{% block content %}" in source


def paths_of(email_type: str) -> list[str]:
    """Return the names in the files of an email; which of them are variables, values tell."""
    files = [f"{email_type}/body.txt", f"{email_type}/body.html"]
    files += [f"_{part}.txt" for part in parts_of(email_type)]
    sources = "".join(map(_source, files))
    tags = (_LITERAL.sub("", tag) for tag in _TAG.findall(sources))
    found = {path for tag in tags for path in _PATH.findall(tag)}
    return sorted(found | {"business.shop", "business.telephone", "hours", "away", "site_url"})


def parts_of(email_type: str) -> list[str]:
    """Return the parts of an email that a text may place, such as `order_summary`."""
    return list(dict.fromkeys(_PART.findall(_source(f"{email_type}/body.txt"))))


def values_of(email_type: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the plain values of the variables by dotted name; what is none is left out."""
    context, found = Context(data), {}
    for path in paths_of(email_type):
        with suppress(Exception):  # a name of another tag, or an attribute that this one lacks
            value = Variable(path).resolve(context)
            if isinstance(value, _PLAIN):
                found[path] = str(value) if isinstance(value, str | Promise) else value
    return found


def required_in(email_type: str, values: dict[str, Any]) -> list[str]:
    """Return the links without which an email is of no use: those in its plain text."""
    source = _source(f"{email_type}/body.txt")
    links = [path for path, value in values.items() if str(value).startswith("http")]
    return [path for path in links if f"{{{{ {path} }}}}" in source]


def problems(email_type: str, subject: str, text: str, data: dict[str, Any]) -> list[str]:
    """Return what is wrong with a text, for staff; nothing if it can be activated."""
    values = values_of(email_type, data)
    known = {*values, *parts_of(email_type)}
    try:
        used = _variables(subject) | _variables(text)
    except TemplateSyntaxError as error:
        return [gettext("Syntax: %(error)s.") % {"error": str(error).split(". ")[0].rstrip(".")}]
    unknown = sorted(used - known)
    found = [gettext("Unknown variable: %(name)s.") % {"name": name} for name in unknown]
    missing = [name for name in required_in(email_type, values) if name not in _variables(text)]
    found += [gettext("The text needs the link {{ %s }}.") % name for name in missing]
    return found or _failure(EmailTemplate(email_type=email_type, subject=subject, text=text), data)


def _failure(template: EmailTemplate, data: dict[str, Any]) -> list[str]:
    """Return why a text fails with sample values, e.g. a name as an amount."""
    try:
        render(template, data)
    except Exception as error:  # whatever a filter raises
        return [
            gettext("It fails: %(error)s.") % {"error": f"{type(error).__name__}: {error}"[:200]}
        ]
    return []


def _variables(source: str) -> set[str]:
    nodes = _ENGINE.from_string(source).nodelist
    shown = cast(Any, nodes.get_nodes_by_type(VariableNode))
    found = {name for each in shown for name in _names(each.filter_expression)}
    for node in cast(Any, nodes.get_nodes_by_type(IfNode)):
        for condition, _body in node.conditions_nodelists:
            found |= _in_condition(condition)
    return found


def _in_condition(condition: Any) -> set[str]:
    """Return the variables of the condition of an `if`."""
    if condition is None:
        return set()
    inside = _in_condition(condition.first) | _in_condition(condition.second)
    return inside | (_names(condition.value) if condition.value is not None else set())


def _names(expression: Any) -> set[str]:
    """Return the variables of an expression and of its filters."""
    arguments = [value for _filter, pairs in expression.filters for _is_name, value in pairs]
    lookups = [getattr(each, "lookups", None) for each in (expression.var, *arguments)]
    return {".".join(each) for each in lookups if each}


# --- Rendering -----------------------------------------------------------------------------------


def render(template: EmailTemplate, data: dict[str, Any]) -> dict[str, Any]:
    """Return what `emails/_by_staff.txt` and `.html` show: subject, text and safe HTML."""
    name = template.email_type
    values, parts = values_of(name, data), parts_of(name)
    marks = {part: _MARK.format(number) for number, part in enumerate(parts)}
    in_markdown = {path: _escaped(value) for path, value in values.items()}
    markdown = _fill(template.text, in_markdown | marks)
    text, html = plain_text(parse(markdown)), str(render_markdown(markdown).html)
    html = _HEADING.sub(r"\1h1", html)  # the heading of an email
    for part, mark in marks.items():
        text = text.replace(mark, _part(part, "txt", data))
        shown = _part(part, "html", data)
        html = html.replace(f"<p>{mark}</p>", shown).replace(mark, shown)
    return {
        "by_staff_subject": " ".join(_fill(template.subject, values).split()),
        "by_staff_text": text,
        "by_staff_html": mark_safe(html),  # noqa: S308 (cleaned Markdown, and our own templates)
    }


def _fill(source: str, values: dict[str, Any]) -> str:
    nested: dict[str, Any] = {}
    for path, value in values.items():
        *above, last = path.split(".")
        place = nested
        for step in above:
            place = place.setdefault(step, {})
        place[last] = value
    return str(_ENGINE.from_string(source).render(Context(nested, autoescape=False)))


def _escaped(value: Any) -> Any:
    """Return a value that Markdown shows as it is: what a customer typed makes no link."""
    if not isinstance(value, str):
        return value
    return _PUNCTUATION.sub(r"\\\1", " ".join(value.split()))


def _part(part: str, extension: str, data: dict[str, Any]) -> str:
    """Return a part of the email; HTML from the text where it has no HTML of its own."""
    is_html = extension == "html"
    try:
        template = cast(Any, get_template(f"emails/_{part}.{extension}")).template
    except TemplateDoesNotExist:
        return str(escape(_part(part, "txt", data)))
    return str(template.render(Context(data, autoescape=is_html)))
