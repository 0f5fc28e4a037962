"""Why a service is refused, and what would help, for shoppers and staff."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext

from catalog.facts import ProductFacts
from checkout.shipping.rules import RuleType, ShippingRule
from checkout.shipping.services import AvailableMethod


@dataclass(frozen=True, slots=True)
class Cause:
    """A broken rule; None for a limit of the rate card. `titles` are the products that break it,
    none if it is the whole cart. `missing` names the facts that are unknown."""

    rule: ShippingRule | None
    reason: str
    titles: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Return the source of the rule, or that it is our own limit."""
        return self.rule.source if self.rule else gettext("Our rates and destinations")

    @property
    def source_date(self) -> date | None:
        return self.rule.source_date if self.rule else None

    @property
    def confirmed(self) -> bool:
        return self.rule is None or self.rule.confirmed

    @property
    def missing_facts(self) -> tuple[str, ...]:
        """Return the names of the unknown facts as staff read them."""
        return tuple(fact_label(name) for name in self.missing)


def end_of_suspension(causes: Iterable[Cause]) -> date | None:
    """Return the first day after all suspensions; None if there is another cause, or no end."""
    rules = [cause.rule for cause in causes]
    ends = [rule.ends_on for rule in rules if rule and rule.type == RuleType.SUSPENDED]
    known = [day for day in ends if day]
    return max(known) + timedelta(days=1) if known and len(known) == len(rules) else None


class HelpAction(StrEnum):
    """What a shopper can do."""

    REMOVE = "remove"
    SPLIT = "split"
    OTHER_SERVICE = "other-service"
    PICKUP = "pickup"
    WAIT = "wait"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Help:
    """One thing that would help."""

    action: HelpAction
    text: str


@dataclass(frozen=True, eq=False)
class Refusal:
    """A service that does not take the cart, with each rule that it breaks."""

    method: Any
    causes: tuple[Cause, ...]
    find_help: Callable[[], list[Help]]

    @property
    def code(self) -> str:
        return self.method.code

    @property
    def name(self) -> str:
        return self.method.name

    @property
    def rule(self) -> ShippingRule | None:
        """Return the first rule that is broken; None for a limit of the rate card."""
        return self.causes[0].rule

    @property
    def reason(self) -> str:
        return self.causes[0].reason

    @cached_property
    def help(self) -> list[Help]:
        """Return what would help. Each was tried; no query."""
        return self.find_help()


def fact_label(name: str) -> str:
    """Return the name of a fact as staff read it."""
    return str(ProductFacts._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def helps(
    *,
    causes: Iterable[Cause],
    services: Iterable[AvailableMethod],
    rest: Mapping[str, int],
    split: AvailableMethod | None,
    has_pickup: bool,
    available_from: date | None,
) -> list[Help]:
    """Return what would help with a refused service.

    `rest` is what the service does not take of the cart, if it takes the others; `split` takes it.
    `has_pickup`: pickup is possible. From `available_from` on, the service takes the cart again.
    """
    found = []
    if rest:
        products = ", ".join(f"{quantity} × {title}" for title, quantity in rest.items())
        if split:
            text = gettext("Order %(products)s separately, by %(service)s.")
            text %= {"products": products, "service": split.name}
            found.append(Help(HelpAction.SPLIT, text))
        text = gettext("Remove %(products)s.") % {"products": products}
        found.append(Help(HelpAction.REMOVE, text))
    for service in (each for each in services if not each.pickup):
        text = gettext("Choose %(service)s.") % {"service": service.name}
        found.append(Help(HelpAction.OTHER_SERVICE, text))
    if has_pickup:
        found.append(Help(HelpAction.PICKUP, gettext("Choose pickup.")))
    found += [_wait_until(available_from)] if available_from else []
    return found + [each for cause in causes for each in _helps_of(cause)]


def _wait_until(day: date) -> Help:
    text = gettext("Available again from %(day)s.") % {"day": date_format(day, "F j, Y")}
    return Help(HelpAction.WAIT, text)


def _helps_of(cause: Cause) -> Iterable[Help]:
    if cause.missing:
        text = gettext("Write to us: we don’t know the %(facts)s of %(products)s yet.")
        text %= {
            "facts": ", ".join(cause.missing_facts),
            "products": ", ".join(cause.titles),
        }
        yield Help(HelpAction.ASK, text)
