"""Which zone a destination is in: the most specific one wins."""

from django.db.models import Case, QuerySet, Value, When
from django.db.models.functions import Length
from oscar.apps.address.models import Country

from accounts.countries import countries
from checkout.shipping.models import ShippingZone


def zone_of(
    country: str, province: str, postcode_prefixes: tuple[str, ...]
) -> QuerySet[ShippingZone]:
    """Return the zones of a destination, the most specific one first.

    The longest postal code prefix comes before the province, the province before the country, and
    the country before the rest of the world.
    """
    rank = Case(
        When(
            regions__country=country,
            regions__postcode_prefix__in=postcode_prefixes,
            then=Length("regions__postcode_prefix") + 2,
        ),
        # the region of a postal code prefix has no province, as has an address abroad
        When(
            regions__country=country,
            regions__province=province,
            regions__postcode_prefix="",
            then=Value(2),
        ),
        When(countries=country, then=Value(1)),
        When(countries=None, regions=None, then=Value(0)),
    )
    zones = ShippingZone.objects.annotate(rank=rank).filter(rank__isnull=False)
    return zones.order_by("-rank", "pk")


def countries_without_zone() -> QuerySet[Country]:
    """Return the countries that we ship to without a zone for the whole of them."""
    if ShippingZone.objects.filter(countries=None, regions=None).exists():
        return Country.objects.none()
    in_zones = ShippingZone.countries.through.objects.values("country")
    return countries().filter(is_shipping_country=True).exclude(pk__in=in_zones)
