"""The returns policy as schema.org's MerchantReturnPolicy, for search engines."""

from typing import Any

from django.conf import settings
from django.utils.translation import ngettext

from policies.structured_data import policy_url

_SCHEMA = "https://schema.org/"


def return_policy() -> dict[str, Any]:
    """Return the policy of every product, for the page of the returns policy.

    Without merchantReturnDays: schema.org counts these from delivery, we count from shipment
    (`window.last_day`), so any number would promise too much. Google accepts the link instead.
    """
    days = settings.RETURN_WINDOW_DAYS
    within = ngettext(
        "Within %(days)d day after the shipment left the shop.",
        "Within %(days)d days after the shipment left the shop.",
        days,
    )
    policy: dict[str, Any] = {
        "@type": "MerchantReturnPolicy",
        "merchantReturnLink": policy_url("returns"),
        "description": within % {"days": days},
        "returnPolicyCountry": "CA",
        "returnMethod": _SCHEMA + "ReturnByMail",
        "refundType": _SCHEMA + "FullRefund",
        "customerRemorseReturnFees": _SCHEMA + "ReturnFeesCustomerResponsibility",
        "itemDefectReturnFees": _SCHEMA + "FreeReturn",
    }
    if settings.RETURN_FEE_PERCENT:
        policy["restockingFee"] = settings.RETURN_FEE_PERCENT  # a plain number is percent
    return {"hasMerchantReturnPolicy": policy}
