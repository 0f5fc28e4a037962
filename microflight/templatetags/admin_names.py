"""Names of models, and links to their help, in admin templates."""

from typing import Any

from django import template
from django.db.models.options import Options

from microflight import help as handbook
from microflight.admin_site import GROUPS

register = template.Library()


@register.filter
def list_name(opts: Options) -> str:
    """Return the menu's name for the list of a model: "Outbox" for messages."""
    names = {key: name for _heading, entries in GROUPS for key, name, *_model in entries}
    return str(names.get(opts.label) or str(opts.verbose_name_plural).capitalize())


@register.simple_tag(takes_context=True)
def help_url(context: dict[str, Any]) -> str:
    """Return the URL of the handbook's page about what this page shows."""
    opts = context.get("opts")
    return handbook.url_for(opts.label if opts else "")
