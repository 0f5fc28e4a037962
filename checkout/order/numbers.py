"""Order numbers: short, in sequence, safe to read out on the telephone.

A number is a counter with one check digit behind it, for example 100014: order 10001, digit 4.
The digit is H. Michael Damm's (his dissertation, Marburg 2004): it finds every single wrong digit
and every swap of two neighbours. The counter is the database's own sequence and has nothing to do
with the cart: a cart that is ordered twice (because the first order was not paid) gets two numbers.
"""

from checkout.order.models import OrderNumber

#: So that the first order of a new shop does not look like one.
_BASE = 10_000
#: Digits of the first order's number, its check digit included.
SHORTEST_NUMBER = 6

# The weakly totally anti-symmetric quasigroup of order 10 from Damm's dissertation.
_TABLE = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


def check_digit(digits: str) -> int:
    """Return the Damm digit of a row of decimal digits."""
    interim = 0
    for digit in digits:
        interim = _TABLE[interim][int(digit)]
    return interim


def is_order_number(text: str) -> bool:
    """Tell whether the text can be an order number; typing errors cannot."""
    if not (text.isascii() and text.isdigit()):
        return False
    return len(text) >= SHORTEST_NUMBER and check_digit(text) == 0


def next_number() -> str:
    """Draw the next number. One that is drawn by an order that fails may be skipped."""
    counter = str(_BASE + OrderNumber.objects.create().pk)
    return counter + str(check_digit(counter))
