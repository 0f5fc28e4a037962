"""Order numbers: short, sequential, safe to read out over the phone.

A number is a counter followed by a check digit, for example 100014: counter 10001, digit 4. The
check digit uses Damm's algorithm (H. Michael Damm, Marburg 2004), which detects every wrong digit
and every swap of two neighbours. The counter is a sequence of the database and independent of the
cart: a cart that is ordered twice (because the first order was not paid) gets two numbers.
"""

from checkout.order.models import OrderNumber

#: The counter starts here.
_BASE = 10_000
#: Digits of the first order number, including its check digit.
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
    """Return the Damm check digit of some decimal digits."""
    interim = 0
    for digit in digits:
        interim = _TABLE[interim][int(digit)]
    return interim


def is_order_number(text: str) -> bool:
    """Tell whether the text is a valid order number; numbers with a typing error are not."""
    if not (text.isascii() and text.isdigit()):
        return False
    return len(text) >= SHORTEST_NUMBER and check_digit(text) == 0


def next_number() -> str:
    """Return the next number. There may be gaps: the number of a failed order is not reused."""
    counter = str(_BASE + OrderNumber.objects.create().pk)
    return counter + str(check_digit(counter))


def similar_numbers(text: str) -> set[str]:
    """Return the valid numbers that differ from `text`, all digits, by one digit or by a swap of
    neighbours."""
    text, numbers = text[:20], set()
    for at in range(len(text)):
        numbers |= {text[:at] + digit + text[at + 1 :] for digit in "0123456789"}
        numbers.add(text[:at] + text[at : at + 2][::-1] + text[at + 2 :])
    return {number for number in numbers if is_order_number(number)}
