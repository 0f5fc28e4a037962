"""The tables of search. `documents.py` and `pages.py` write documents, quantities and words."""

from datetime import timedelta
from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.search_index.word_forms import words_of
from microflight.core.page_cache import InvalidatesPages


class SearchDocument(models.Model):
    """What search compares of a product with its variants, or of a page.

    `title`, `sku`, `attributes` and `body` are words as `word_forms.words_of` returns them,
    separated by spaces. PostgreSQL makes the weighted `vector` from them (trigger); SQLite has them
    in the FTS5 table `search_fts` (triggers), and `vector` stays empty.
    """

    class Type(models.TextChoices):
        PRODUCT = "product", _("product")
        CATEGORY = "category", _("category")
        POLICY = "policy", _("policy")
        MANUAL = "manual", _("manual")

    type = models.CharField(max_length=10, choices=Type.choices)
    key = models.CharField(max_length=100, help_text=_("ID of a row, or a slug."))
    product = models.OneToOneField(
        "catalogue.Product", null=True, on_delete=models.CASCADE, related_name="search_document"
    )
    name = models.CharField(max_length=255, blank=True, help_text=_("As shown."))
    url = models.CharField(max_length=500, blank=True)
    title = models.TextField(blank=True)
    sku = models.TextField(blank=True)
    attributes = models.TextField(blank=True)
    body = models.TextField(blank=True)
    vector = SearchVectorField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["type", "key"], name="search_one_document")]
        # pages are few: without it, each search reads all products that match
        indexes = [models.Index("type", condition=~Q(type="product"), name="search_pages")]

    def __str__(self) -> str:
        return f"{self.type} {self.key}"


class TypedValue(models.Model):
    """One typed value of a product or variant, written by `catalog.read_model.refresh` from its
    attributes: a number in the base unit of its dimension (`units.py`: millimetres, grams, volts,
    milliampere-hours), a plain number ("number"), yes or no ("boolean": 1 or 0), or a text
    ("choice"). Search, facets and compatibility read it; staff edit the attributes.

    `item` is the product or variant that has the value, `product` what lists show: the item
    itself or its parent. A product with variants has the values that all of them share.
    """

    product = models.ForeignKey(
        "catalogue.Product", on_delete=models.CASCADE, related_name="typed_values"
    )
    item = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=128, help_text=_("Of the attribute; “weight”; “title”."))
    names = models.CharField(max_length=255, help_text=_("Words of the attribute's name."))
    dimension = models.CharField(max_length=16)
    value = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    text = models.CharField(max_length=255, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["dimension", "value"], name="search_quantity_values"),
            models.Index(fields=["code", "text"], name="search_typed_texts"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "code", "dimension", "value", "text"], name="search_one_typed_value"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.text or self.value}"


class SearchWord(models.Model):
    """A word of the documents: known words need no correction, and others are corrected to one."""

    stem = models.CharField(max_length=40, unique=True)
    word = models.CharField(max_length=40, help_text=_("As written, for “Did you mean”."))
    documents = models.PositiveIntegerField(default=1)
    names_attribute = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.word


class Synonym(InvalidatesPages, models.Model):
    """Other words for what someone searches, maintained by staff."""

    term = models.CharField(
        _("search term"), max_length=60, unique=True, help_text=_("What people type, such as “rx”.")
    )
    key = models.CharField(max_length=60, unique=True, editable=False)
    means = models.CharField(
        _("also finds"),
        max_length=200,
        help_text=_("Words of our products, separated by commas, such as “receiver”."),
    )
    language = models.CharField(
        _("language"),
        max_length=2,
        blank=True,
        choices=[("de", _("German")), ("fr", _("French")), ("es", _("Spanish"))],
    )

    class Meta:
        ordering = ["term"]
        verbose_name = _("synonym")
        verbose_name_plural = _("synonyms")

    def __str__(self) -> str:
        return f"{self.term} → {self.means}"

    def save(self, *arguments: Any, **options: Any) -> None:
        """Save with the key that queries compare."""
        self.key = " ".join(words_of(self.term))
        if options.get("update_fields") is not None:
            options["update_fields"] = {*options["update_fields"], "key"}
        super().save(*arguments, **options)

    def clean(self) -> None:
        """Reject terms without a word, of more than three, or that differ in their ending only."""
        words = words_of(self.term)
        if not 1 <= len(words) <= 3:
            raise ValidationError({"term": _("Enter one to three words.")})
        others = type(self).objects.filter(key=" ".join(words)).exclude(pk=self.pk)
        if other := others.first():
            text = _("Search treats this like “%(term)s”. Change that synonym.")
            raise ValidationError({"term": text % {"term": other.term}})


#: Not `bulk_create`: it cannot add to a stored number.
_COUNT_SEARCH = """
INSERT INTO search_index_searchterm AS counted (term, day, searches, results)
VALUES (%s, %s, 1, %s)
ON CONFLICT (day, term)
DO UPDATE SET searches = counted.searches + 1, results = excluded.results
"""


class SearchTermQuerySet(models.QuerySet["SearchTerm"]):
    def record(self, term: str, results: int) -> None:
        """Count one search of a term today; keep its latest number of results. One statement."""
        today = connection.ops.adapt_datefield_value(timezone.localdate())
        with connection.cursor() as cursor:
            cursor.execute(_COUNT_SEARCH, [term, today, results])

    def delete_old(self) -> int:
        """Delete what is older than a year; return the number of rows."""
        return self.filter(day__lt=timezone.localdate() - timedelta(days=365)).delete()[0]


class SearchTerm(models.Model):
    """What people searched for on one day, without anything about them. A search whose page came
    from the page cache is not counted again."""

    term = models.CharField(_("search term"), max_length=60)
    day = models.DateField(_("day"))
    searches = models.PositiveIntegerField(_("searches"), default=1)
    results = models.PositiveIntegerField(_("results"))

    objects = SearchTermQuerySet.as_manager()

    class Meta:
        verbose_name = _("search term")
        verbose_name_plural = _("search terms")
        constraints = [models.UniqueConstraint(fields=["day", "term"], name="search_term_each_day")]
        indexes = [models.Index(F("results"), F("day").desc(), name="search_term_results")]

    def __str__(self) -> str:
        return self.term
