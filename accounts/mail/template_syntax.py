"""The template syntax of staff: variables, `if`, a few filters. Nothing is loaded or included."""

from django.template import Library, defaultfilters, defaulttags

from microflight.core.money import format_money

register = Library()
register.tag("if", defaulttags.do_if)
for _name in ("capfirst", "date", "default", "floatformat", "lower", "pluralize", "upper", "yesno"):
    register.filter(_name, defaultfilters.register.filters[_name])
register.filter("money", format_money)
