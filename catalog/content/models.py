"""Pages that staff write, and entries of the menus."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from microflight.core.bounds import MAX_POSITION, Bounds
from microflight.core.history import History
from microflight.core.scheduled import Scheduled


class Page(Scheduled):
    """A page at /pages/<slug>/, such as "About us"."""

    title = models.CharField(_("title"), max_length=120)
    slug = models.SlugField(
        _("URL"), max_length=80, unique=True,
        help_text=_("After /pages/. If you change it, the former URL is redirected."),
    )  # fmt: skip
    text = models.TextField(
        _("text"), max_length=40_000, help_text=_("Markdown; headings begin with ##.")
    )
    description = models.CharField(
        _("description"), max_length=160, blank=True, help_text=_("For search engines.")
    )

    history = History()

    class Meta(Scheduled.Meta):
        abstract = False
        ordering = ["title", "pk"]
        verbose_name = _("page")
        verbose_name_plural = _("pages")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("page", args=[self.slug])


class Menu(models.TextChoices):
    """Where an entry is shown."""

    HEADER = "header", _("Header, after the categories")
    SERVICE = "service", _("Header, Customer Service")
    SHOP = "shop", _("Footer, Shop")
    ACCOUNT = "account", _("Footer, Your account")
    FOOTER_SERVICE = "footer-service", _("Footer, Customer service")


class MenuEntry(Scheduled):
    """A link in a menu of the header or footer. Categories are listed by their own settings."""

    is_published = models.BooleanField(
        _("published"), default=True, help_text=_("Unchecked: hidden.")
    )
    menu = models.CharField(_("menu"), max_length=20, choices=Menu.choices)
    label = models.CharField(_("label"), max_length=60)
    link = models.CharField(
        _("link"), max_length=200, help_text=_("A page of the shop, or an https URL.")
    )
    position = models.IntegerField(
        _("position"), default=0, help_text=_("The lowest number comes first.")
    )

    history = History()

    class Meta(Scheduled.Meta):
        abstract = False
        ordering = ["menu", "position", "pk"]
        verbose_name = _("menu entry")
        verbose_name_plural = _("menu entries")
        constraints = [
            *Scheduled.Meta.constraints,
            Bounds("position", -MAX_POSITION, MAX_POSITION),
        ]

    def __str__(self) -> str:
        return self.label
