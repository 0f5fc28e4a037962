"""Reading the form-encoded parameters of Stripe's API."""

import re
from typing import Any
from urllib.parse import parse_qsl

from .errors import malformed

Params = dict[str, Any]

CURRENCIES = frozenset({"cad", "usd", "eur", "gbp"})
SMALLEST_AMOUNT = 50  # cents; docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
LARGEST_AMOUNT = 99_999_999  # cents: eight digits
# docs.stripe.com/metadata
MOST_METADATA = 50  # keys
LONGEST_KEY, LONGEST_VALUE = 40, 500  # characters


def parse_form(text: str) -> Params:
    """Nested parameters of a form: `a[b]=1` gives {"a": {"b": "1"}}, and so do lists.

    Lists arrive as `expand[0]=x` or `expand[]=x` and stay dictionaries; `items` reads them.
    """
    tree: Params = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        *parents, leaf = re.findall(r"[^\[\]]+", name) or [name]
        if name.endswith("[]"):
            parents.append(leaf)
        branch = tree
        for parent in parents:
            inner = branch.setdefault(parent, {})
            if not isinstance(inner, dict):
                raise malformed("Invalid object", param=parent)
            branch = inner
        branch[str(len(branch)) if name.endswith("[]") else leaf] = value
    return tree


def items(params: Params, name: str) -> list[str]:
    """The values of a list parameter; empty if it is absent."""
    value = params.get(name)
    if value is None or value == "":
        return []
    if not isinstance(value, dict):
        raise malformed("Invalid array", param=name)
    return list(value.values())


def table(params: Params, name: str) -> Params:
    """A nested parameter, such as metadata; empty if it is absent."""
    value = params.get(name) or {}
    if not isinstance(value, dict):
        raise malformed("Invalid object", param=name)
    return value


def metadata(before: Params, params: Params) -> Params:
    """An object's metadata after a request: an empty value removes its key, "" all of it."""
    merged = {} if params.get("metadata") == "" else dict(before)
    for name, value in table(params, "metadata").items():
        _check_metadata(name, value)
        if value == "":
            merged.pop(name, None)
        else:
            merged[name] = value
    if len(merged) > MOST_METADATA:
        raise malformed(f"Metadata can have up to {MOST_METADATA} keys.", param="metadata")
    return merged


def _check_metadata(name: str, value: Any) -> None:
    if len(name) > LONGEST_KEY:
        raise malformed(
            f"Metadata keys can have up to {LONGEST_KEY} characters.", param=f"metadata[{name}]"
        )
    if not isinstance(value, str) or len(value) > LONGEST_VALUE:
        raise malformed(
            f"Metadata values are strings of up to {LONGEST_VALUE} characters.",
            param=f"metadata[{name}]",
        )


def flag(params: Params, name: str) -> bool:
    value = params.get(name, "false")
    if value not in ("true", "false"):
        raise malformed(f"Invalid boolean: {value}", param=name)
    return bool(value == "true")


def whole_number(params: Params, name: str) -> int | None:
    """A parameter as an integer, None if it is absent. "12.50" is refused, as at Stripe."""
    value = params.get(name)
    if value is None:
        return None
    if not re.fullmatch(r"-?\d{1,18}", str(value), re.ASCII):
        raise malformed(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def required(params: Params, name: str, inside: str = "") -> Any:
    """A parameter that may not be left out; `inside` is the one that it belongs to."""
    if not params.get(name):
        full = f"{inside}[{name}]" if inside else name
        raise malformed(f"Missing required param: {full}.", code="parameter_missing", param=full)
    return params[name]


def charge_amount(params: Params) -> int:
    """The amount to charge, in cents, within what Stripe accepts."""
    required(params, "amount")
    amount = whole_number(params, "amount")
    if amount is None or amount < SMALLEST_AMOUNT:
        raise malformed("Amount must be at least $0.50", code="amount_too_small", param="amount")
    if amount > LARGEST_AMOUNT:
        raise malformed(
            "Amount must be no more than $999,999.99", code="amount_too_large", param="amount"
        )
    return amount


def charge_currency(params: Params) -> str:
    currency = str(required(params, "currency")).lower()
    if currency not in CURRENCIES:
        raise malformed(f"Invalid currency: {currency}", param="currency")
    return currency
