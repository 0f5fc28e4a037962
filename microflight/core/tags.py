"""Tags of records: a `TagsField`, its form field, chips in lists, a filter, and bulk actions.

A column holds the tags sorted, each between commas: `,fragile,vip,`. So `tags__contains=",vip,"`
finds one tag and nothing else.
"""

import unicodedata
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from microflight.core.forms import LineField
from microflight.core.text import one_line

#: The most tags of one record, and the most characters of one tag.
MAX_TAGS, MAX_CHARACTERS = 20, 40
#: The most tags that a filter offers.
_MOST_CHOICES = 100


def tag_list(stored: str) -> list[str]:
    """Return the tags of a column."""
    return [tag for tag in stored.split(",") if tag]


def joined(tags: Iterable[str]) -> str:
    """Return tags as they are stored. Raises ValidationError if there are too many."""
    unique = sorted(set(tags))
    if len(unique) > MAX_TAGS:
        text = gettext("A record has at most %(most)d tags, not %(count)d.")
        raise ValidationError(text % {"most": MAX_TAGS, "count": len(unique)})
    return f",{','.join(unique)}," if unique else ""


def normalized_tags(text: str) -> list[str]:
    """Return the tags in text that staff typed: `VIP, Fragile` gives `fragile` and `vip`.

    Raises ValidationError for a tag that is too long, or has NUL in it.
    """
    typed = unicodedata.normalize("NFKC", text).lower().replace("\u060c", ",").split(",")
    tags = sorted({one_line(tag) for tag in typed} - {""})
    for tag in tags:
        if len(tag) > MAX_CHARACTERS or "\x00" in tag:
            error = gettext("“%(tag)s…” is not a tag: use at most %(most)d letters and digits.")
            shown = tag.replace("\x00", "")[:MAX_CHARACTERS]
            raise ValidationError(error % {"tag": shown, "most": MAX_CHARACTERS})
    return tags


class TagsFormField(LineField):
    """Tags separated by commas."""

    def prepare_value(self, value: Any) -> Any:
        """Show stored tags as staff type them; show what was typed as it is."""
        is_stored = isinstance(value, str) and value.startswith(",")
        return ", ".join(tag_list(value)) if is_stored else value

    def to_python(self, value: Any) -> str:
        """Return the tags as they are stored."""
        return joined(normalized_tags(super().to_python(value) or ""))


class TagsField(models.CharField):
    """The tags of a record, "" if it has none."""

    description = "tags"

    def __init__(self, *args: Any, **options: Any) -> None:
        options["max_length"] = MAX_TAGS * (MAX_CHARACTERS + 1) + 1
        options.update(blank=True, default="")
        options.setdefault("verbose_name", _("tags"))
        options.setdefault("help_text", _("Separated by commas. Only staff see them."))
        super().__init__(*args, **options)

    def formfield(self, **options: Any) -> Any:
        """Return our form field, also in the admin, which has another for text."""
        options |= {"form_class": TagsFormField, "max_length": None}
        return super().formfield(**options)


def chips(stored: str) -> SafeString:
    """Return the tags of a column as labels."""
    return format_html_join(
        " ", '<span class="state">{}</span>', ([tag] for tag in tag_list(stored))
    )


class TagFilter(admin.SimpleListFilter):
    """Filters a list by one tag of its column `tags`."""

    title = _("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Return the tags in use, with what the address names, so that it is shown as chosen."""
        rows = model_admin.model._base_manager.exclude(tags="").order_by()
        stored = rows.values_list("tags", flat=True).distinct()[:1000]
        used = sorted({tag for each in stored for tag in tag_list(each)})[:_MOST_CHOICES]
        return [(tag, tag) for tag in used]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        """Return the rows with the tag."""
        if not self.value():
            return queryset
        try:
            (tag,) = normalized_tags(str(self.value()))
        except (ValidationError, ValueError):
            return queryset.none()
        return queryset.exclude(tags="").filter(tags__contains=f",{tag},")


class _TagActionForm(ActionForm):
    tags = forms.CharField(
        label=_("Tags:"),
        required=False,
        widget=forms.TextInput({"size": 16, "autocomplete": "off"}),
    )


class TagActionsMixin(admin.ModelAdmin):
    """Adds a column of tags, and actions that add and remove the tags typed next to them."""

    action_form = _TagActionForm

    def has_tag_permission(self, request: HttpRequest) -> bool:
        """Return whether this staff member may tag records, also those without a form."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    @admin.display(description=_("Tags"))
    def tag_chips(self, record: Any) -> SafeString | str:
        return chips(record.tags) or "–"

    @admin.action(description=_("Add tags"), permissions=["tag"])
    def add_tags(self, request: HttpRequest, records: models.QuerySet) -> None:
        """Add the typed tags to the selected records."""
        self._change_tags(request, records, lambda old, typed: old | typed)

    @admin.action(description=_("Remove tags"), permissions=["tag"])
    def remove_tags(self, request: HttpRequest, records: models.QuerySet) -> None:
        """Remove the typed tags from the selected records."""
        self._change_tags(request, records, lambda old, typed: old - typed)

    def _change_tags(self, request: HttpRequest, records: Any, change: Any) -> None:
        """Write each distinct column once; report what is not possible, with what was typed."""
        text = request.POST.get("tags", "")
        rows = self.model._base_manager.filter(pk__in=records.order_by().values("pk"))
        count = 0
        try:
            typed = set(normalized_tags(text))
            if not typed:
                raise ValidationError(gettext("Type the tags next to the action first."))
            for old in list(rows.order_by().values_list("tags", flat=True).distinct()):
                if (new := joined(change(set(tag_list(old)), typed))) != old:
                    count += self._write_tags(request, rows.filter(tags=old), new)
        except ValidationError as error:
            details = {
                "typed": one_line(text[:200]).replace("\x00", ""),
                "problem": " ".join(error.messages),
            }
            messages.error(request, gettext("Tags “%(typed)s”: %(problem)s") % details)
        done = ngettext("%(count)d record was tagged.", "%(count)d records were tagged.", count)
        messages.success(request, done % {"count": count}) if count else None

    def _write_tags(self, request: HttpRequest, rows: Any, new: str) -> int:
        changed = list(rows)
        message = gettext("Tags: %(tags)s") % {"tags": ", ".join(tag_list(new)) or "–"}
        user: Any = request.user
        LogEntry.objects.log_actions(user.pk, changed, CHANGE, change_message=message)
        return rows.filter(pk__in=[each.pk for each in changed]).update(tags=new)
