"""Where an order goes."""

import re
from dataclasses import dataclass

from accounts.provinces import normalize_place

#: The longest postal code, without spaces and hyphens.
POSTCODE_LENGTH = 10


def bare_postcode(postcode: str) -> str:
    """Return a postal code in capitals without spaces and hyphens: `S7H 0S3` becomes `S7H0S3`."""
    return re.sub(r"[\s-]", "", postcode).upper()[:POSTCODE_LENGTH]


@dataclass(frozen=True, slots=True)
class Destination:
    """`country` is ISO 3166-1 alpha-2, `province` a Canadian or US abbreviation.

    What is not known yet is empty.
    """

    country: str
    province: str = ""
    postcode: str = ""

    @property
    def normalized(self) -> "Destination":
        """Return the place as rates and rules know it: a US territory is a part of the US."""
        country, province = normalize_place(self.country, self.province)
        return Destination(country, province, self.postcode)

    @property
    def postcode_prefixes(self) -> tuple[str, ...]:
        """Return each prefix of the postal code, then "-", which no prefix is: always ten texts, so
        that one compiled query fits all destinations."""
        bare = bare_postcode(self.postcode)
        prefixes = [bare[: end + 1] for end in range(len(bare))]
        return (*prefixes, *("-" for _ in range(POSTCODE_LENGTH - len(prefixes))))
