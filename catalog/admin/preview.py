"""What shoppers would see of a product with what staff typed, and copies of products."""

from copy import copy
from typing import Any, cast

from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.http import urlencode
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog import conversion, duplicates, views
from catalog.descriptions import description_html
from catalog.models import Product
from catalog.read_model import product_url
from catalog.variant_urls import PARAMETER
from microflight.core.action_view import ActionForm
from microflight.core.forms import LineField
from microflight.core.html import html_to_text
from microflight.core.page_cache import PageRequest, fill


def preview(request: HttpRequest, product: Product) -> HttpResponse:
    """Return the page of a product that was saved in this transaction, then undo the transaction.

    It is not cached, and no cached page is invalidated.
    """
    owner = product.parent or product
    Product.objects.filter(pk=owner.pk).update(is_public=True)
    page = cast(PageRequest, copy(request))
    page.method, page.path = "GET", product_url(owner.slug, owner.pk)
    chosen = urlencode({PARAMETER: product.upc or product.pk}) if product.parent_id else ""
    page.GET = cast(Any, QueryDict(chosen))
    page.page_is_shared, page._page_stamp = True, None  # no stamp: nothing is cached
    response: Any = views.product(page, product_slug=owner.slug, pk=str(owner.pk))
    if response.status_code == 200:
        response = fill(page, response, response.page_parts)
    transaction.set_rollback(True)
    return response


def search_result(form: forms.ModelForm, product: Product | None) -> dict[str, str]:
    """Return title, URL and description as a search engine shows them, at most."""

    def typed(name: str) -> str:
        return str(form[name].value() or "") if name in form.fields else ""

    slug = typed("slug") or slugify(typed("title")) or "…"
    html = description_html(typed("description"))
    text = typed("meta_description") or html_to_text(html)
    url = product_url(slug, product.pk if product else 0)
    return {
        "title": (typed("meta_title") or typed("title"))[:60],
        "url": f"{settings.SITE_URL}{url if product else url.replace('_0', '_…')}",
        "description": text[:160],
        "html": html,
    }


class VariantsForm(ActionForm):
    """Give a simple product variants."""

    permission = "catalogue.add_product"
    title = _("Add variants")
    button = _("Add variants")
    consequence = _(
        "The product gets variants, and its SKU, price and stock become those of the first one. "
        "Its URL, texts and images stay; orders, carts, wish lists and kits then refer to that "
        "variant. This cannot be undone."
    )

    @classmethod
    def is_available(cls, subject: Any) -> bool:
        """Return whether it is a simple product; the service says why others cannot."""
        return bool(subject.structure == Product.STANDALONE)

    def perform(self, by: Any) -> str:
        """Convert it, and continue on its page, which then has the table of variants."""
        variant = conversion.add_first_variant(self.subject)
        return gettext("%(sku)s is now the first variant.") % {"sku": variant.upc}


class DuplicateForm(ActionForm):
    """Copy a product as a draft."""

    permission = "catalogue.add_product"
    title = _("Duplicate")
    button = _("Duplicate")
    consequence = _(
        "Creates a hidden copy with the same texts, attributes, facts, images and variants; "
        "without SKUs, prices, stock and orders."
    )
    subject: Product

    name = LineField(label=_("Title of the copy"), max_length=255)

    def __init__(self, *args: Any, subject: Product, **kwargs: Any) -> None:
        super().__init__(*args, subject=subject, **kwargs)
        self.fields["name"].initial = gettext("%(title)s (copy)") % {"title": subject.title}

    @classmethod
    def is_available(cls, subject: Any) -> bool:
        """Return whether it has a page: variants are copied with their product."""
        return not subject.parent_id

    def perform(self, by: Any) -> str:
        """Copy it, and continue on the page of the copy."""
        original = self.subject
        self.subject = duplicates.duplicate(original, title=self.cleaned_data["name"])
        return gettext("Copied from “%(title)s”.") % {"title": original.title}
