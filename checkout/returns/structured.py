"""The returns policy as search engines read it: schema.org's MerchantReturnPolicy."""

from typing import Any

from django.conf import settings

from policies.structured_data import policy_url

_SCHEMA = "https://schema.org/"


def returns() -> dict[str, Any]:
    """Return what holds for every product, on the page of the returns policy.

    Without merchantReturnDays: by schema.org these count from the delivery, ours from the day on
    which the parcel leaves (`window.last_day`), so any number would promise too much. The words and
    the link say it instead, which Google takes in its place.
    """
    days = settings.RETURN_WINDOW_DAYS
    policy: dict[str, Any] = {
        "@type": "MerchantReturnPolicy",
        "merchantReturnLink": policy_url("returns"),
        "description": f"Until {days} days after the day on which the parcel left the shop.",
        "returnPolicyCountry": "CA",
        "returnMethod": _SCHEMA + "ReturnByMail",
        "refundType": _SCHEMA + "FullRefund",
        "customerRemorseReturnFees": _SCHEMA + "ReturnFeesCustomerResponsibility",
        "itemDefectReturnFees": _SCHEMA + "FreeReturn",
    }
    if settings.RETURN_FEE_PERCENT:
        policy["restockingFee"] = settings.RETURN_FEE_PERCENT  # a plain number is percent
    return {"hasMerchantReturnPolicy": policy}
