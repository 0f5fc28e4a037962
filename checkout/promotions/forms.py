"""The form of a promotion."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from oscar.apps.voucher.models import Voucher

from accounts.email_addresses import normalize_email
from catalog.admin.fields import CategoriesField
from catalog.models import Product, ProductClass
from checkout.offers.models import RangeProduct
from checkout.promotions.models import Promotion
from checkout.promotions.services import MAX_CODES, free_name, unused_code
from checkout.promotions.terms import (
    PERCENTAGES,
    USAGE,
    WITHOUT_AMOUNT,
    Scope,
    What,
    Who,
    read_terms,
    short_name,
)
from microflight.core.bounds import MAX_AMOUNT
from microflight.core.forms import DateField, EmailField, LineField
from microflight.core.numbers import DecimalField, IntegerField
from microflight.core.tags import normalized_tags

_MAX_SKUS = _MAX_EMAILS = 2_000
_SOME = f"scope:{Scope.SOME}"
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
_MONEY: dict[str, Any] = {
    "max_digits": 12,
    "decimal_places": 2,
    "min_value": Decimal("0.01"),
    "max_value": MAX_AMOUNT,
    "required": False,
}


def _shown_if(widget: forms.Widget, condition: str) -> forms.Widget:
    """Return the widget of a field that is shown only while another has one of some values."""
    widget.attrs["data-shown-if"] = condition
    return widget


class PromotionForm(forms.ModelForm):
    """What, how much, on which products, for whom, when, how often, combined with what."""

    description = forms.CharField(
        label=_("Banner"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 40}),
        help_text=_(
            "Shown on the pages of these products and categories while the promotion runs, unless "
            "it needs a code or a login. Empty: no banner."
        ),
    )
    what = forms.ChoiceField(label=_("What"), choices=What.choices, initial=What.PERCENTAGE)
    amount = DecimalField(
        label=_("How much"),
        **_MONEY,
        widget=_shown_if(
            DecimalField.widget(), "what:" + ",".join(set(What.values) - {*WITHOUT_AMOUNT})
        ),
        help_text=_("Percent, or dollars before tax, such as 10 or 1.50."),
    )
    min_quantity = IntegerField(
        label=_("From this number of items"),
        min_value=1,
        max_value=10_000,
        required=False,
        help_text=_("Of the products above, in one cart. Empty: 1."),
    )
    min_spend = DecimalField(
        label=_("Or from this amount"), **_MONEY, help_text=_("In dollars before tax.")
    )
    scope = forms.ChoiceField(
        label=_("Products"), choices=Scope.choices, initial=Scope.SOME, widget=forms.RadioSelect
    )
    categories = CategoriesField(
        label=_("Categories"),
        required=False,
        widget=_shown_if(forms.CheckboxSelectMultiple(), _SOME),
    )
    types = forms.ModelMultipleChoiceField(
        ProductClass.objects.order_by("name"),
        label=_("Product types"),
        required=False,
        widget=_shown_if(forms.CheckboxSelectMultiple(), _SOME),
    )
    products = forms.ModelMultipleChoiceField(
        Product.objects.all(),
        label=_("Chosen products"),
        required=False,
        widget=_shown_if(
            AutocompleteSelectMultiple(RangeProduct._meta.get_field("product"), admin.site), _SOME
        ),
    )
    skus = forms.CharField(
        label=_("SKUs"),
        required=False,
        max_length=40_000,
        widget=_shown_if(
            forms.Textarea(attrs={"rows": 3, "cols": 40, "spellcheck": "false"}), _SOME
        ),
        help_text=_("Added to the chosen products. One SKU per line, or separated by commas."),
    )
    who = forms.ChoiceField(label=_("Who"), choices=Who.choices, initial=Who.EVERYONE)
    tag = LineField(
        label=_("Customer tag"),
        required=False,
        widget=_shown_if(forms.TextInput(), f"who:{Who.TAG}"),
        help_text=_(
            "Customers whose page has this tag get it while they are logged in, also those who get "
            "the tag later."
        ),
    )
    emails = forms.CharField(
        label=_("Email addresses"),
        required=False,
        max_length=100_000,
        widget=_shown_if(
            forms.Textarea(attrs={"rows": 4, "cols": 40, "spellcheck": "false"}),
            f"who:{Who.EMAILS}",
        ),
        help_text=_(
            "One per line, or separated by commas. Customers get it while they are logged in to an "
            "account that verified one of them."
        ),
    )
    code = LineField(
        label=_("Code"),
        max_length=128,
        required=False,
        widget=_shown_if(forms.TextInput(), "who:" + ",".join(USAGE)),
        help_text=_("Empty: a code that cannot be guessed. Shoppers may type it in any case."),
    )
    codes = IntegerField(
        label=_("Number of new codes"),
        min_value=1,
        max_value=MAX_CODES,
        required=False,
        widget=_shown_if(IntegerField.widget(), f"who:{Who.CODE_SET}"),
    )
    first_day = DateField(
        label=_("From"), required=False, widget=_DAY, help_text=_("Empty: from now on.")
    )
    last_day = DateField(
        label=_("Until the end of"), required=False, widget=_DAY, help_text=_("Empty: no end.")
    )

    class Meta:
        model = Promotion
        fields = (
            "name", "description", "status", "exclusive", "combinations", "priority",
            "max_basket_applications", "max_user_applications", "max_global_applications",
            "max_discount",
        )  # fmt: skip
        labels = {
            "exclusive": _("Exclusive"),
            "combinations": _("Combined with"),
            "max_basket_applications": _("Per order"),
            "max_user_applications": _("Per customer"),
            "max_global_applications": _("In total"),
            "max_discount": _("Budget"),
        }
        help_texts = {
            "name": _("Shoppers see it in the cart. Empty: made from what you chose."),
            "exclusive": _("No other promotion applies to the same items."),
            "combinations": _("Promotions that may apply to the same items. None is exclusive."),
            "priority": _("Promotions with a higher number are applied first."),
            "max_basket_applications": _("Empty: no limit."),
            "max_user_applications": _("Empty: no limit."),
            "max_global_applications": _("Empty: no limit."),
            "max_discount": _("It ends once it has given this discount (CAD). Empty: no limit."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.terms = read_terms(self.instance) if self.instance.pk else None
        for name, value in (self.terms or {}).items():
            self.initial.setdefault(name, value)
        if "name" in self.fields:  # not on a page that only shows it
            self.fields["name"].required = False
            combinations = cast(Any, self.fields["combinations"])
            combinations.queryset = combinations.queryset.exclude(pk=self.instance.pk)

    def clean_skus(self) -> list[Product]:
        """Return the products of the SKUs, in any case. Two queries."""
        typed = {
            sku.strip().upper() for sku in self.cleaned_data["skus"].replace(",", "\n").split("\n")
        }
        typed.discard("")
        if len(typed) > _MAX_SKUS:
            raise ValidationError(gettext("Enter at most %(most)d SKUs.") % {"most": _MAX_SKUS})
        rows = Product.objects.annotate(
            own=Upper("upc"), stocked=Upper("stockrecords__partner_sku")
        ).filter(Q(own__in=typed) | Q(stocked__in=typed))
        unknown = typed - {sku for row in rows for sku in (row.own, row.stocked)}
        if unknown:
            text = gettext("No product has these SKUs: %(skus)s.")
            raise ValidationError(text % {"skus": ", ".join(sorted(unknown)[:20])})
        return list(Product.objects.filter(pk__in={row.pk for row in rows})) if typed else []

    def clean_tag(self) -> str:
        """Return one tag, as customers have it; none unless it is needed."""
        tags = normalized_tags(self.cleaned_data["tag"])
        if self.cleaned_data.get("who") != Who.TAG:
            return ""
        if len(tags) != 1:
            raise ValidationError(gettext("Enter one tag."))
        return tags[0]

    def clean_emails(self) -> list[str]:
        """Return the addresses, normalized; none unless they are needed."""
        typed = self.cleaned_data["emails"].replace(",", " ").split()
        if self.cleaned_data.get("who") != Who.EMAILS:
            return []
        if not 1 <= len(typed) <= _MAX_EMAILS:
            text = gettext("Enter 1 to %(most)d email addresses.")
            raise ValidationError(text % {"most": _MAX_EMAILS})
        for each in typed:
            try:
                EmailField().clean(each)
            except ValidationError as invalid:
                text = gettext("%(email)s is not an email address.") % {"email": each[:100]}
                raise ValidationError(text) from invalid
        return sorted({normalize_email(each) for each in typed})

    def clean_code(self) -> str:
        """Return the code as it is stored, without spaces; a new one if none was typed."""
        code = "".join(self.cleaned_data["code"].split()).upper()
        if self.cleaned_data.get("who") not in USAGE:
            if code and self.cleaned_data.get("who"):
                raise ValidationError(gettext("Choose above who gets it with the code."))
            return ""
        others = Voucher.objects.filter(code=code)
        if self.instance.pk:
            others = others.exclude(offers=self.instance.pk)
        if code and others.exists():
            raise ValidationError(
                gettext("Another promotion has the code %(code)s.") % {"code": code}
            )
        return code or unused_code()

    def clean(self) -> dict[str, Any]:
        """Check fields against each other, and name the promotion if it has no name."""
        data = super().clean() or {}
        if not self.errors:
            for check in (_check_amount, _check_minimum, _check_products, _check_period):
                check(self, data)
            self._check_who(data)
        if data.get("exclusive") and data.get("combinations"):
            self.add_error(
                "combinations", gettext("An exclusive promotion combines with no other.")
            )
        if not self.errors:
            data["products"] = list({*data["products"], *data["skus"]})
            if not data["name"] or self._has_made_name(data["name"]):
                data["name"] = free_name(Promotion, short_name(data), self.instance.pk)
        return data

    def _has_made_name(self, name: str) -> bool:
        """Return whether the name was made from what the promotion was until now: it follows a
        change, so that shoppers read “20% off”, not the “15% off” of before."""
        if not self.terms or name != self.initial.get("name"):
            return False
        return name.partition(" (")[0] == short_name(self.terms).partition(" (")[0]

    def _check_who(self, data: dict[str, Any]) -> None:
        who, old = data["who"], (self.terms or {}).get("who")
        if old and _group(old) != _group(who):
            text = gettext(
                "Shoppers have it with or without a code. Create a new promotion instead."
            )
            self.add_error("who", text)
        if who == Who.CODE_SET and not old and not data["codes"]:
            self.add_error("codes", gettext("Enter how many codes to generate."))
        if who != Who.CODE_SET and data["codes"]:
            self.add_error("codes", gettext("Choose a set of codes above, or leave this empty."))

    @property
    def quick_periods(self) -> list[dict[str, Any]]:
        """Return the periods that one click fills in: label, first and last day."""
        today = timezone.localdate()
        sunday = today + timedelta(days=6 - today.weekday())
        month = (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        ends = ((_("Today"), today), (_("This week"), sunday), (_("This month"), month))
        return [{"label": label, "first": today, "last": last} for label, last in ends]


def _group(who: str) -> str:
    """Return what two answers have in common between which a promotion can change."""
    if who in USAGE:
        return "code"
    return "set" if who == Who.CODE_SET else "none"


def _check_amount(form: forms.ModelForm, data: dict[str, Any]) -> None:
    what, amount = data["what"], data["amount"]
    if what in WITHOUT_AMOUNT:
        if amount is not None:
            form.add_error("amount", gettext("Leave it empty: it is free."))
    elif amount is None:
        form.add_error("amount", gettext("Enter how much."))
    elif what in PERCENTAGES and amount > 100:
        form.add_error("amount", gettext("Enter a percentage up to 100."))


def _check_minimum(form: forms.ModelForm, data: dict[str, Any]) -> None:
    number, spend = data["min_quantity"], data["min_spend"]
    if number and spend:
        form.add_error("min_spend", gettext("Enter a number of items or an amount, not both."))
    elif data["what"] == What.FIXED_PRICE and spend:
        form.add_error("min_spend", gettext("A fixed price needs a number of items."))
    elif data["what"] == What.MULTIBUY and not spend and (number or 1) < 2:
        form.add_error("min_quantity", gettext("Enter 2 or more, such as 3 for “3 for 2”."))


def _check_products(form: forms.ModelForm, data: dict[str, Any]) -> None:
    chosen = [name for name in ("categories", "types", "products", "skus") if data[name]]
    if data["scope"] == Scope.ALL and chosen:
        text = gettext("Clear the choice of products below, or do not choose all products.")
        form.add_error("scope", text)
    elif data["scope"] == Scope.SOME and not chosen:
        form.add_error("scope", gettext("Choose categories, product types or products."))


def _check_period(form: forms.ModelForm, data: dict[str, Any]) -> None:
    first, last = data["first_day"], data["last_day"]
    if first and last and first > last:
        form.add_error("last_day", gettext("It ends before it starts."))
