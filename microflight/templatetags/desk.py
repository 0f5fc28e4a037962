"""Names as the admin's templates show them."""

from django import template
from django.db.models.options import Options

from microflight.desk import GROUPS

register = template.Library()


@register.filter
def list_name(opts: Options) -> str:
    """Return what the start page calls the list of a model: "Outbox" for messages."""
    names = {key: name for _, entries in GROUPS for key, name in entries}
    return names.get(opts.label) or str(opts.verbose_name_plural).capitalize()
