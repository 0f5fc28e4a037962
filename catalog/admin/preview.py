"""What shoppers would see of a product with what staff typed, and copies of products."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.http import urlencode
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog import conversion, duplicates
from catalog.descriptions import description_html
from catalog.models import Product
from catalog.read_model import product_url
from catalog.variant_urls import PARAMETER
from microflight.core.action_view import ActionForm
from microflight.core.forms import LineField
from microflight.core.html import html_to_text
from microflight.core.preview_admin import PreviewMixin


class ProductPreviewMixin(PreviewMixin):
    """The Preview button of the product form."""

    def preview_url(self, record: Product) -> str:
        """Return the URL of its page, or of its product's with the variant selected."""
        owner = record.parent or record
        query = f"?{urlencode({PARAMETER: record.upc or record.pk})}" if record.parent_id else ""
        return product_url(owner.slug, owner.pk) + query

    def publish_for_preview(self, record: Product) -> None:
        """Let visitors see the page."""
        Product.objects.filter(pk=record.parent_id or record.pk).update(is_public=True)


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
