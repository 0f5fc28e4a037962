"""Who runs the shop: one source for every page, mail and policy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """The business as its customers know it."""

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
        """Return the postal address on one line, as mails end with it."""
        return (
            f"{self.company}, {self.street}, {self.city}, {self.province}, "
            f"{self.country} {self.postcode}"
        )


FACTS = Facts()
