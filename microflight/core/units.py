"""Numbers with units in one format for all pages and emails."""

from decimal import Decimal

NO_BREAK = "\N{NO-BREAK SPACE}"


def format_number(number: Decimal | float) -> str:
    """Return a number without trailing zeros: 3.60 as `3.6`, 410.00 as `410`."""
    text = f"{number:f}" if isinstance(number, Decimal) else repr(number)
    return text.rstrip("0").rstrip(".") if "." in text else text


def split_weight(grams: Decimal) -> tuple[str, str]:
    """Return number and unit of a weight in grams; in kilograms from 1 kg up."""
    return (format_number(grams / 1000), "kg") if grams >= 1000 else (format_number(grams), "g")


def format_weight(grams: Decimal) -> str:
    """Return a weight in grams with its unit, e.g. `3.6 g` or `1.24 kg`."""
    return NO_BREAK.join(split_weight(grams))
