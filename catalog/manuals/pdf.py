"""The PDF of a revision that has a text: tagged (PDF/UA-1), from the same text as its page."""

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from catalog.manuals.models import Manual, ManualRevision
from catalog.models import ProductImage
from policies import markdown_pdf
from policies.markdown_pdf import Figure, MarkdownDocument

_MOST_NAMED = 6  # products below the title
_FIGURES = ("png", "jpg", "jpeg")
_MAX_FIGURE = 1024 * 1024  # bytes


def render(revision: ManualRevision) -> bytes:
    """Return the PDF of a revision with its number and day. Raises CannotPrint."""
    manual = revision.manual
    assert revision.published_at is not None  # noqa: S101 (set by `services.publish`)
    url = settings.SITE_URL + manual.get_absolute_url()
    with translation.override(manual.language.lower()):
        day = date_format(timezone.localtime(revision.published_at), "F j, Y")
        values = {"number": revision.number, "day": day}
        status = [gettext("Revision %(number)s, %(day)s") % values]
        if names := _product_names(manual):
            status.append(gettext("For: %(products)s") % {"products": names})
        footer = [gettext("Newest revision: %(url)s") % {"url": url}]
    return markdown_pdf.render(
        MarkdownDocument(
            title=manual.title,
            status=status,
            body=revision.body,
            language=manual.language,
            url=url,
            dated=revision.published_at,
            footer=footer,
            figure=_figure(manual),
        )
    )


def _product_names(manual: Manual) -> str:
    products = list(
        manual.products.filter(is_public=True).order_by("title", "pk")[: _MOST_NAMED + 1]
    )
    names = [f"{product.get_title()} ({product.upc})" for product in products[:_MOST_NAMED]]
    return "; ".join([*names, "…"] if len(products) > _MOST_NAMED else names)


def _figure(manual: Manual) -> Figure | None:
    """Return the first image of the manual's only product, or None."""
    images = ProductImage.objects.filter(product__manuals=manual, width__gt=0)
    rows = images.select_related("product").order_by("product", "display_order", "pk")
    image = rows.first()
    if image is None or manual.products.count() != 1:
        return None
    extension = str(image.original.name).rpartition(".")[2].lower()
    try:
        if extension not in _FIGURES or image.original.size > _MAX_FIGURE:
            return None
        with image.original.open("rb") as file:
            return Figure(file.read(), extension, image.caption or image.product.get_title())
    except OSError:  # the file is missing: the manual is readable without it
        return None
