"""Stripe's published test cards (docs.stripe.com/testing) and what each of them does."""

import re
from dataclasses import dataclass
from typing import Literal

GENERIC = "Your card was declined."
AUTHENTICATION_FAILED = (
    "We are unable to authenticate your payment method. "
    "Please choose a different payment method and try again."
)


@dataclass(frozen=True)
class Decline:
    code: str
    decline_code: str
    message: str = GENERIC


@dataclass(frozen=True)
class Card:
    """What a card number does from authorization to refund."""

    number: str
    does: str = "succeeds"
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    decline: Decline | None = None
    challenge: bool = False  # the bank asks for 3-D Secure first
    dispute: str | None = None  # reason of the dispute that follows the capture
    inquiry: bool = False  # the dispute is only an inquiry: nothing is withdrawn
    warning: str | None = None  # type of the early fraud warning that follows the capture
    review: bool = False  # risky enough for Radar to want the payment reviewed
    refund: Literal["succeeded", "pending", "failed"] = "succeeded"

    @property
    def spaced(self) -> str:
        groups = (4, 6, 5) if self.brand == "amex" else (4, 4, 4, 4)
        digits, parts = self.number, []
        for size in groups:
            parts.append(digits[:size])
            digits = digits[size:]
        return " ".join(part for part in parts if part)


INSUFFICIENT = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
DECLINED = Decline("card_declined", "generic_decline")

CARDS = (
    Card("4242424242424242"),
    Card("4000001240000000", country="CA", does="succeeds (Canadian card)"),
    Card("4000056655665556", funding="debit", does="succeeds (debit)"),
    Card("5555555555554444", brand="mastercard"),
    Card("2223003122003222", brand="mastercard", does="succeeds (2-series)"),
    Card("5105105105105100", brand="mastercard", funding="prepaid", does="succeeds (prepaid)"),
    Card("378282246310005", brand="amex"),
    Card("6011111111111117", brand="discover"),
    Card("3056930009020004", brand="diners"),
    Card("3566002020360505", brand="jcb"),
    Card("4000000000000002", does="declined", decline=DECLINED),
    Card("4000000000009995", does="insufficient funds", decline=INSUFFICIENT),
    Card("4000000000009987", does="lost card", decline=Decline("card_declined", "lost_card")),
    Card("4000000000009979", does="stolen card", decline=Decline("card_declined", "stolen_card")),
    Card(
        "4000000000000069",
        does="expired card",
        decline=Decline("expired_card", "expired_card", "Your card has expired."),
    ),
    Card(
        "4000000000000127",
        does="wrong security code",
        decline=Decline(
            "incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."
        ),
    ),
    Card(
        "4000000000000119",
        does="processing error",
        decline=Decline(
            "processing_error",
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
        ),
    ),
    Card(
        "4000000000006975",
        does="too many charges",
        decline=Decline("card_declined", "card_velocity_exceeded"),
    ),
    Card(
        "4100000000000019",
        does="blocked as fraudulent",
        decline=Decline("card_declined", "fraudulent"),
    ),
    Card("4000002500003155", does="3-D Secure, then succeeds", challenge=True),
    Card("4000002760003184", does="3-D Secure every time, then succeeds", challenge=True),
    Card("4000000000003220", does="3-D Secure 2, then succeeds", challenge=True),
    Card(
        "4000008260003178",
        does="3-D Secure, then insufficient funds",
        challenge=True,
        decline=INSUFFICIENT,
    ),
    Card("4000008400001629", does="3-D Secure, then declined", challenge=True, decline=DECLINED),
    Card("4000008400001280", does="3-D Secure lookup fails: declined", decline=DECLINED),
    Card("4000000000003055", does="succeeds (3-D Secure not asked for)"),
    Card("4000000000000259", does="succeeds, then disputed as fraud", dispute="fraudulent"),
    Card(
        "4000000000002685",
        does="succeeds, then disputed as not received",
        dispute="product_not_received",
    ),
    Card(
        "4000000000001976",
        does="succeeds, then an inquiry",
        dispute="fraudulent",
        inquiry=True,
    ),
    Card(
        "4000000000005423",
        does="succeeds, then an early fraud warning",
        warning="misc",
    ),
    Card(
        "4000000000009235",
        does="succeeds with elevated risk; a review is opened",
        review=True,
    ),
    Card("4000000000007726", does="succeeds; a refund stays pending", refund="pending"),
    Card("4000000000005126", does="succeeds; a refund fails later", refund="failed"),
)
BY_NUMBER = {card.number: card for card in CARDS}

# Ready-made payment methods that tests may name instead of a number.
READY_MADE = {
    "pm_card_visa": "4242424242424242",
    "pm_card_ca": "4000001240000000",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_visa_chargeDeclinedStolenCard": "4000000000009979",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_radarBlock": "4100000000000019",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
    "pm_card_threeDSecureRequiredChargeDeclined": "4000008400001629",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_createDisputeProductNotReceived": "4000000000002685",
    "pm_card_createDisputeInquiry": "4000000000001976",
    "pm_card_createIssuerFraudRecord": "4000000000005423",
    "pm_card_riskLevelElevated": "4000000000009235",
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
}

_PREFIXES = (
    (r"3[47]", "amex"),
    (r"5[1-5]|2[2-7]", "mastercard"),
    (r"6011|65", "discover"),
    (r"3[068]", "diners"),
    (r"35", "jcb"),
    (r"62", "unionpay"),
)


def brand_of(number: str) -> str:
    for pattern, brand in _PREFIXES:
        if re.match(pattern, number):
            return brand
    return "visa"


def card_with(number: str) -> Card:
    """The card of the table, or a plain card that succeeds."""
    return BY_NUMBER.get(number) or Card(number, brand=brand_of(number))


def passes_luhn(number: str) -> bool:
    """Whether the check digit is right (ISO/IEC 7812-1, annex B)."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[0::2]) + sum(doubled)) % 10 == 0
