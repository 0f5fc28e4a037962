"""Names of models in admin templates."""

from django import template
from django.db.models.options import Options

from microflight.admin_site import GROUPS

register = template.Library()


@register.filter
def list_name(opts: Options) -> str:
    """Return the menu's name for the list of a model: "Outbox" for messages."""
    names = {key: name for _heading, entries in GROUPS for key, name in entries}
    return str(names.get(opts.label) or str(opts.verbose_name_plural).capitalize())
