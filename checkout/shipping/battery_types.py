"""Which lithium batteries a shipping method takes to a zone, for the policy and search engines."""

from collections.abc import Iterable

from django.db.models import prefetch_related_objects
from django.utils import timezone

from checkout.shipping.destination import Destination
from checkout.shipping.models import MethodZone, ShippingRule, ShippingZone
from checkout.shipping.rules import ACCEPTED, RuleType

#: No country has this code: the rest of the world.
_ELSEWHERE = "ZZ"


class BatteryTypes:
    """Reads the rules of today once. Two queries."""

    def __init__(self, zones: Iterable[ShippingZone]) -> None:
        prefetch_related_objects(list(zones), "countries")
        self._countries = {
            zone.pk: [country.pk for country in zone.countries.all()] or [_ELSEWHERE]
            for zone in zones
        }
        self._rules = list(ShippingRule.objects.filter(active=True, type=RuleType.BATTERY))

    def accepted(self, to: MethodZone) -> frozenset[str]:
        """Return the types that all countries of the zone accept with the method."""
        accepted = set(ACCEPTED[RuleType.BATTERY])
        today = timezone.localdate()
        for country in self._countries[to.zone_id]:
            for rule in self._rules:
                if rule.is_for_method(to.method) and rule.is_for(Destination(country), today):
                    accepted &= set(rule.accepted.split())
        return frozenset(accepted)
