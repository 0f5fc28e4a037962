"""Facts about the business, for all pages, emails and policies."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

# UTC-6 the whole year: Saskatchewan has no daylight saving time.
SASKATOON = ZoneInfo("America/Regina")


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and addresses. Opening hours are rows: policies/opening."""

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


FACTS = Facts()
