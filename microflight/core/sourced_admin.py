"""The admin of facts with a source (see `sourced_rows`)."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from microflight.core.admin_base import ChoiceFilter, EditableAdmin
from microflight.core.sourced_rows import SourcedRow


class CheckFilter(ChoiceFilter):
    """Facts to check again, and facts that no authority has confirmed."""

    title = _("check")
    parameter_name = "check"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("overdue", _("overdue")), ("unconfirmed", _("unconfirmed"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Filter by today's date in shop time."""
        conditions = {
            "overdue": Q(check_again_on__lt=timezone.localdate()),
            "unconfirmed": Q(confirmed=False),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


class SourcedAdmin(EditableAdmin):
    """Add `SOURCED_COLUMNS` to `list_display` and `CheckFilter` to `list_filter`."""

    list_filter: ClassVar[Any] = [CheckFilter]

    @admin.display(description=_("check again on"), ordering="check_again_on")
    def check_again(self, row: SourcedRow) -> SafeString | str:
        """Return the date, highlighted if it has passed."""
        day = date_format(row.check_again_on, "j M Y")
        if row.check_again_on >= timezone.localdate():
            return day
        return format_html('<span class="state verdict-breached">{}, {}</span>', day, _("overdue"))


#: The last columns of each list.
SOURCED_COLUMNS = ("confirmed", "check_again")
