"""Forms of a draft: customer, items, shipping and discount."""

from decimal import Decimal
from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from django import forms
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.addresses import AddressFieldsMixin, address_initial
from accounts.users.models import User
from catalog.models import Product
from catalog.partner.models import StockRecord
from checkout.basket.models import Basket
from checkout.basket.services import MAX_ITEMS, CartError, add_product, change_quantities
from checkout.fulfilment.admin.forms import OrderActionForm
from checkout.order.locking import OrderActionError
from checkout.order.models import Order
from checkout.order.staff_fields import Channel
from checkout.order.states import OrderState
from checkout.placement.drafts import (
    change_customer,
    create_draft,
    draft_basket,
    locked_draft,
    offered_methods,
    quote_of,
    write_draft,
)
from checkout.placement.services import OrderDetails
from microflight.core.forms import EmailField, LineField
from microflight.core.money import format_money
from microflight.core.numbers import DecimalField, IntegerField
from microflight.core.seen_values import SeenValuesForm

_NEW_ROWS = 4  # rows for products to add, per page


def account_of(email: str) -> User | None:
    """Return the account that has verified this email address."""
    found = EmailAddress.objects.filter(email__iexact=email, verified=True) if email else None
    address = found.select_related("user").first() if found is not None else None
    return address.user if address else None


class CustomerFields(AddressFieldsMixin):
    """Name, address and email of a customer, with or without an account."""

    email = EmailField(
        label=_("Email"),
        required=False,
        max_length=254,
        help_text=_("For the quote and order emails. An account that verified it gets the order."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["postcode_as_typed"]

    def _advise(self, country: str) -> None:
        """Staff may type any postal code."""

    def details(self) -> OrderDetails:
        """Return the customer; shipping method and discount are those of the draft."""
        data = self.cleaned_data
        names = ("email", "first_name", "last_name", "line1", "line2", "city", "province",
                 "postcode", "phone")  # fmt: skip
        return OrderDetails(**{name: data[name] for name in names}, country=data["country"].pk)


class NewOrderForm(CustomerFields):
    """A new draft."""

    channel = forms.ChoiceField(
        label=_("How the order reached us"),
        choices=[each for each in Channel.choices if each[0] != Channel.ONLINE],
    )
    field_order = ("channel", "email")

    def create(self, by: User) -> Order:
        details = self.details()
        return create_draft(
            details=details,
            channel=self.cleaned_data["channel"],
            by=by,
            user=account_of(details.email),
        )


class DraftForm(OrderActionForm):
    """An action on a draft, which is written again with today's prices."""

    permission = "order.take_order"
    done: ClassVar[Any] = _("The draft was saved. Prices are those of today.")

    @classmethod
    def is_available(cls, subject: Order) -> bool:
        return subject.status == OrderState.DRAFT

    @transaction.atomic
    def perform(self, by: User) -> str:
        draft = locked_draft(self.order)
        # an order form loses its printed prices and agreement
        draft.taken_by, draft.valid_until = by, None
        draft.early_charge_text, draft.early_charge_agreed_at = "", None
        self.change(draft, by)
        return str(self.done)

    def change(self, draft: Order, by: User) -> None:
        """Change a locked draft, and write it."""
        raise NotImplementedError


class ChangeDraftForm(SeenValuesForm, DraftForm):
    """A change of a draft that another person may be changing, too."""

    def perform(self, by: User) -> str:
        """Change the draft, unless it was changed since the form was checked."""
        with transaction.atomic():
            if type(self)(subject=locked_draft(self.order)).stored != self.stored:
                text = gettext("Someone else has just changed this draft. Save again.")
                raise OrderActionError(text)
            return super().perform(by)


class ChangeCustomerForm(CustomerFields, ChangeDraftForm):
    """Change the customer's name, address and email."""

    title = _("Change customer")
    button = _("Save customer")
    field_order = ("email",)

    def __init__(self, *args: Any, subject: Order, **kwargs: Any) -> None:
        initial = {**address_initial(subject.shipping_address), "email": subject.guest_email}
        super().__init__(*args, subject=subject, initial=initial, **kwargs)
        self.remember_values()

    def change(self, draft: Order, by: User) -> None:
        details = self.details()
        change_customer(draft, details, account_of(details.email))


class ItemsForm(ChangeDraftForm):
    """Change quantities, and add products by SKU."""

    title = _("Change items")
    button = _("Save items")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.basket: Basket = draft_basket(self.order)
        for line in self.basket.all_lines():
            self.fields[f"line_{line.pk}"] = IntegerField(
                label=f"{line.product.get_title()} ({line.stockrecord.partner_sku})",
                min_value=0,
                max_value=MAX_ITEMS,
                initial=line.quantity,
                help_text=gettext("0 removes it."),
            )
        for row in range(_NEW_ROWS):
            self.fields[f"sku_{row}"] = LineField(
                label=gettext("Add SKU"), max_length=128, required=False
            )
            self.fields[f"quantity_{row}"] = IntegerField(
                label=gettext("Quantity"),
                min_value=1,
                max_value=MAX_ITEMS,
                initial=1,
                required=False,
            )
        self.remember_values()

    def clean(self) -> dict[str, Any]:
        """Find the products of the new SKUs."""
        data = super().clean() or {}
        self.added: list[tuple[int, int]] = []
        for row in range(_NEW_ROWS):
            sku, quantity = data.get(f"sku_{row}"), data.get(f"quantity_{row}") or 1
            if not sku:
                continue
            records = StockRecord.objects.filter(partner_sku__iexact=sku, product__is_public=True)
            record = records.order_by("pk").first()
            if record is None:
                self.add_error(f"sku_{row}", gettext("No product on sale has this SKU."))
            else:
                self.added.append((record.product_id, quantity))
        return data

    def change(self, draft: Order, by: User) -> None:
        basket = draft_basket(draft)
        wanted = {line.pk: self.cleaned_data.get(f"line_{line.pk}") for line in basket.all_lines()}
        quantities = {pk: quantity for pk, quantity in wanted.items() if quantity is not None}
        changes = change_quantities(basket=basket, quantities=quantities, user=draft.user or by)
        if changes.errors:
            raise OrderActionError(*changes.errors.values())
        for product, quantity in self.added:
            basket = draft_basket(draft)
            try:
                add_product(
                    basket=basket, product_id=product, quantity=quantity, user=draft.user or by
                )
            except (CartError, Product.DoesNotExist) as error:
                raise OrderActionError(str(error)) from error
        write_draft(draft)


class ShippingAndDiscountForm(ChangeDraftForm):
    """Choose the shipping method, and give a discount with a reason."""

    title = _("Shipping and discount")
    button = _("Save")

    shipping_method = forms.ChoiceField(label=_("Shipping method"), required=False)
    discount = DecimalField(
        label=_("Discount (CAD, before tax)"),
        min_value=Decimal(0),
        max_digits=9,
        decimal_places=2,
        required=False,
    )
    discount_reason = LineField(
        label=_("Reason for the discount"),
        max_length=128,
        required=False,
        help_text=_("The customer sees it in the order summary."),
    )

    def __init__(self, *args: Any, subject: Order, **kwargs: Any) -> None:
        initial = {
            "shipping_method": subject.shipping_code,
            "discount": subject.manual_discount or None,
            "discount_reason": subject.discount_reason,
        }
        super().__init__(*args, subject=subject, initial=initial, **kwargs)
        quote = quote_of(subject, draft_basket(subject))
        self.answer = quote.shipping.answer
        choices = [(each.code, _method_label(each)) for each in offered_methods(quote)]
        if quote.shipping.method is None:  # else the first one would be chosen by itself
            choices.insert(0, ("", gettext("Not chosen")))
        field: Any = self.fields["shipping_method"]
        field.choices = choices
        self.remember_values()

    @property
    def warning(self) -> str:
        """Return why no carrier takes the items, and what would help."""
        if self.answer is None or self.answer.services:
            return ""
        sentences = [gettext("No shipping method takes these items to this address.")]
        sentences += [each.reason for each in self.answer.causes]
        sentences += [each.text for each in self.answer.help]
        return " ".join(sentences)

    def clean(self) -> dict[str, Any]:
        """Require a reason for a discount, which is at most the subtotal."""
        data = super().clean() or {}
        if data.get("discount") and not data.get("discount_reason"):
            self.add_error("discount_reason", gettext("Enter the reason for the discount."))
        order = self.order
        subtotal = order.total_excl_tax - order.shipping_excl_tax + order.manual_discount
        if (data.get("discount") or 0) > subtotal:
            most = gettext("The discount is at most the subtotal, %(amount)s.")
            self.add_error("discount", most % {"amount": format_money(subtotal)})
        return data

    def change(self, draft: Order, by: User) -> None:
        data = self.cleaned_data
        draft.shipping_code = data["shipping_method"]
        draft.manual_discount = data["discount"] or Decimal(0)
        draft.discount_reason = data["discount_reason"] if data["discount"] else ""
        write_draft(draft)


def _method_label(method: Any) -> str:
    return f"{method.name}, {format_money(method.charge)}"
