"""Facts about the business, for all pages, emails and policies."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

# UTC-6 the whole year: Saskatchewan has no daylight saving time.
SASKATOON = ZoneInfo("America/Regina")


@dataclass(frozen=True, slots=True)
class Facts:
    """Names, addresses and opening hours."""

    shop: str = "MicroFlight"
    company: str = "Plantraco Ltd."
    street: str = "1101 8th Street East"
    city: str = "Saskatoon"
    province: str = "SK"
    postcode: str = "S7H 0S3"
    country: str = "Canada"
    telephone: str = "+1 306 955 1836"
    fax: str = "+1 306 931 0055"
    sales_email: str = "sales@plantraco.com"
    service_email: str = "service@plantraco.com"
    since: int = 1996
    opens: int = 9  # o'clock, America/Regina, Monday to Friday
    closes: int = 17

    @property
    def address_line(self) -> str:
        """Return the postal address on one line, for the end of emails."""
        return (
            f"{self.company}, {self.street}, {self.city}, {self.province}, "
            f"{self.country} {self.postcode}"
        )

    @property
    def telephone_link(self) -> str:
        """Return the number for a `tel:` link."""
        return self.telephone.replace(" ", "")

    @property
    def is_open(self) -> bool:
        """Return whether the shop answers the phone now."""
        return is_open_at(timezone.now())


FACTS = Facts()


def is_open_at(moment: datetime) -> bool:
    """Return whether the shop is open at an aware time: Monday to Friday, 9:00 to 17:00 in
    Saskatoon; closed from 17:00 on."""
    local = moment.astimezone(SASKATOON)
    return local.weekday() < 5 and FACTS.opens <= local.hour < FACTS.closes
