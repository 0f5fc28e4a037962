"""Tracking pages of carriers. Staff may enter any carrier; we can link to the pages of these."""

import re
from urllib.parse import quote

_PAGES = {
    "canadapost": "https://www.canadapost-postescanada.ca/track-reperage/en#/details/{}",
    "purolator": "https://www.purolator.com/en/shipping/tracker?pin={}",
    "ups": "https://www.ups.com/track?tracknum={}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
    "dhl": "https://www.dhl.com/en/express/tracking.html?AWB={}",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
}


def tracking_url(carrier: str, number: str) -> str:
    """Return the tracking page of a shipment, or "" for an unknown carrier."""
    page = _PAGES.get(re.sub(r"[\W_]", "", carrier).lower())
    return page.format(quote(number.strip(), safe="")) if page and number.strip() else ""
