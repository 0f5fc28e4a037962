"""Manuals, their revisions, and the products that they are about."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from microflight.core.page_cache import InvalidatesPages


class Language(models.TextChoices):
    """The languages of manuals, as language tags of HTML and PDF."""

    ENGLISH = "en-CA", _("English")
    FRENCH = "fr-CA", _("French")
    GERMAN = "de", _("German")
    SPANISH = "es", _("Spanish")


@dataclass(frozen=True, slots=True)
class Document:
    """A manual with its current revision, in a list."""

    title: str
    slug: str
    language: str
    revision: int
    pages: int
    size: int  # bytes

    @property
    def url(self) -> str:
        """Return the path of its page."""
        return reverse("manuals:manual", args=[self.slug])

    @property
    def pdf_url(self) -> str:
        """Return the path of its PDF."""
        return reverse("manuals:pdf", args=[self.slug, self.revision])

    @property
    def language_name(self) -> str:
        """Return its language as shown."""
        return str(Language(self.language).label)


#: The columns of a Document, from a revision.
_DOCUMENT = ("manual__title", "manual__slug", "manual__language", "number", "pages", "size")


class ManualQuerySet(models.QuerySet["Manual"]):
    def published(self) -> "ManualQuerySet":
        """Select manuals with a published revision that are not withdrawn."""
        revisions = ManualRevision.objects.published().filter(manual=OuterRef("pk"))
        return self.filter(Exists(revisions), is_withdrawn=False)

    def with_current(self) -> "ManualQuerySet":
        """Load `history`, the published revisions without their texts, newest first. One query."""
        revisions = ManualRevision.objects.published().defer("body", "text").order_by("-number")
        return self.prefetch_related(Prefetch("revisions", revisions, to_attr="history"))

    def documents(self) -> dict[int, tuple[Document, ...]]:
        """Return the published manuals of each product by its ID, by title. One query."""
        found: dict[int, list[Document]] = defaultdict(list)
        published = ManualRevision.objects.published()
        newest = published.filter(manual=OuterRef("manual")).order_by("-number").values("pk")[:1]
        rows = published.filter(pk=Subquery(newest), manual__in=self.filter(is_withdrawn=False))
        products = rows.exclude(manual__products=None).order_by("manual__title", "pk")
        for product, *values in products.values_list("manual__products", *_DOCUMENT):
            found[product].append(Document(*values))
        return {pk: tuple(several) for pk, several in found.items()}


class Manual(InvalidatesPages, models.Model):
    """A manual in one language. What it says is in its revisions; the newest one is current."""

    title = models.CharField(_("title"), max_length=120)
    slug = models.SlugField(
        _("URL"), max_length=80, unique=True, help_text=_("Printed in the manual: keep it.")
    )
    language = models.CharField(
        _("language"), max_length=5, choices=Language.choices, default=Language.ENGLISH
    )
    products = models.ManyToManyField(
        "catalogue.Product", blank=True, related_name="manuals", verbose_name=_("products"),
        help_text=_("Discontinued ones, too. Variants have the manuals of their product."),
    )  # fmt: skip
    is_withdrawn = models.BooleanField(
        _("withdrawn"), default=False,
        help_text=_("Its pages and files answer that it was withdrawn (410)."),
    )  # fmt: skip

    objects = ManualQuerySet.as_manager()
    history: "list[ManualRevision]"  # of `with_current`

    class Meta:
        ordering = ["title", "pk"]
        verbose_name = _("manual")
        verbose_name_plural = _("manuals")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the path of its page, which has the current revision."""
        return reverse("manuals:manual", args=[self.slug])

    @property
    def current(self) -> "ManualRevision":
        """Return the current revision of a published manual, loaded by `with_current`."""
        return self.history[0]

    def document(self) -> Document:
        """Return it as lists show it; loaded by `with_current`."""
        now = self.current
        figures = (now.number or 0, now.pages or 0, now.size or 0)
        return Document(self.title, self.slug, self.language, *figures)

    def pdf_url(self, revision: "ManualRevision") -> str:
        """Return the path of a revision's PDF."""
        return reverse("manuals:pdf", args=[self.slug, revision.number])


def private_files() -> Storage:
    """Return the storage for files without a public URL: a view adds their headers."""
    return storages["private"]


class ManualRevisionQuerySet(models.QuerySet["ManualRevision"]):
    def published(self) -> "ManualRevisionQuerySet":
        """Select revisions that are not drafts."""
        return self.filter(published_at__isnull=False)


class ManualRevision(models.Model):
    """A revision: a draft until `services.publish`, then final. Older ones stay, as superseded.

    The HTML page is made from `body`, and so is the PDF unless a file was uploaded.
    """

    manual = models.ForeignKey(
        Manual, on_delete=models.PROTECT, related_name="revisions", verbose_name=_("manual")
    )
    number = models.PositiveSmallIntegerField(_("revision"), null=True, editable=False)
    summary = models.CharField(
        _("what changed"), max_length=300, blank=True,
        help_text=_("One or two sentences. Required for a safety revision: buyers read it."),
    )  # fmt: skip
    is_safety = models.BooleanField(
        _("safety revision"), default=False,
        help_text=_("Once published, you can email it to everyone who ordered the products."),
    )  # fmt: skip
    body = models.TextField(
        _("text"), blank=True,
        help_text=_("Markdown. The page shows it; the PDF has it unless you upload a file."),
    )  # fmt: skip
    file = models.FileField(
        _("PDF"), storage=private_files, upload_to="manuals", blank=True, max_length=120
    )
    pages = models.PositiveSmallIntegerField(_("pages"), null=True, editable=False)
    size = models.PositiveIntegerField(_("size"), null=True, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    text = models.TextField(blank=True, editable=False, help_text=_("What search reads."))
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    notified_at = models.DateTimeField(_("buyers notified"), null=True, editable=False)
    notified_count = models.PositiveIntegerField(_("emails"), null=True, editable=False)

    objects = ManualRevisionQuerySet.as_manager()

    class Meta:
        ordering = ["manual", "-number", "-pk"]
        verbose_name = _("manual revision")
        verbose_name_plural = _("manual revisions")
        constraints = [
            models.UniqueConstraint(fields=["manual", "number"], name="manual_revision_once"),
            models.CheckConstraint(
                condition=Q(published_at=None)
                | Q(number__isnull=False, pages__isnull=False, size__isnull=False)
                & Q(number__gte=1, pages__gte=1, size__gte=1)
                & ~Q(file="")
                & ~Q(sha256=""),
                name="manual_revision_published_has_a_pdf",
            ),
            models.CheckConstraint(
                condition=Q(notified_at=None)
                | Q(is_safety=True, published_at__isnull=False, notified_count__isnull=False),
                name="manual_revision_notified_is_safety",
            ),
        ]

    def __str__(self) -> str:
        if self.number is None:
            return gettext("%(manual)s, draft") % {"manual": self.manual}
        return gettext("%(manual)s, revision %(number)s") % {
            "manual": self.manual,
            "number": self.number,
        }

    @property
    def is_published(self) -> bool:
        """Return whether it is final."""
        return self.published_at is not None

    def clean(self) -> None:
        """Require a text or a file, and the reason of a safety revision."""
        super().clean()
        errors: dict[str, Any] = {}
        if not self.body.strip() and not self.file:
            errors["body"] = _("Enter a text, or upload a PDF.")
        if self.is_safety and not self.summary:
            errors["summary"] = _("Say what changed: buyers read it.")
        if errors:
            raise ValidationError(errors)
