"""What each buyer does, drawn from the seed before anything runs."""

from dataclasses import dataclass
from random import Random

#: Products of the storm's shop by name: (units at the start, may be backordered).
PRODUCTS = {
    **{f"plenty-{number}": (100_000, False) for number in range(8)},
    **{f"scarce-{number}": (3, False) for number in range(4)},
    **{f"due-{number}": (1, True) for number in range(2)},
}
ACCOUNTS = 40
SINGLE_USE = 20  # vouchers that serve one order each

#: Shipping addresses with valid postal codes.
PLACES = {
    "SK": "S7K 1A1", "ON": "K1A 0B1", "BC": "V6B 1A1", "AB": "T2P 1J9",
}  # fmt: skip

#: Cards by what they do (docs.stripe.com/testing).
CARDS = {
    "good": "4242424242424242",
    "debit": "4000056655665556",
    "declined": "4000000000000002",
    "poor": "4000000000009995",
    "bank": "4000002760003184",
    "bank-refuses": "4000002760003184",
    "bank-unanswered": "4000002760003184",
    "bank-then-poor": "4000008260003178",
    "slow-refund": "4000000000007726",
}
#: Cards that Stripe takes on one intent: few, so that many orders need another one.
CARDS_ON_AN_INTENT = 3
#: Orders in which cards are tried, with how often that happens among a hundred buyers.
WALLETS = (
    (("good",), 42),
    (("debit",), 8),
    (("slow-refund",), 2),
    (("declined", "good"), 9),
    (("poor", "declined", "good"), 3),
    (("declined", "poor", "declined", "poor", "good"), 4),  # more than one intent takes
    (("declined",), 5),
    (("bank",), 10),
    (("bank-refuses", "good"), 4),
    (("bank-refuses", "bank"), 2),
    (("bank-unanswered",), 4),
    (("bank-unanswered", "good"), 3),
    (("bank-then-poor", "debit"), 4),
)
#: What is odd about a visit.
TWISTS = (
    ("", 58),
    ("double-click", 10),
    ("two-tabs", 8),
    ("other-tab", 8),
    ("gives-up", 8),
    ("comes-back", 8),
)
#: Where the browser is closed for good.
EXITS = (
    ("", 86),
    ("cart", 2),
    ("checkout", 2),
    ("paying", 6),
    ("paid", 4),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One buyer's script. `products` are names and quantities, `cards` keys of CARDS."""

    number: int
    account: int | None
    products: tuple[tuple[str, int], ...]
    voucher: str
    cards: tuple[str, ...]
    twist: str
    leaves: str
    province: str
    later: str  # what the buyer does to a placed order: "", "cancel" or "return"

    @property
    def name(self) -> str:
        """Return who it is in the logs."""
        return f"buyer {self.number}"


def _pick(random: Random, choices: tuple[tuple[object, int], ...]) -> object:
    values, weights = zip(*choices, strict=True)
    return random.choices(values, weights)[0]


def visit(seed: int, number: int) -> Visit:
    """Return the script of one buyer: the same for the same seed, whatever else happens."""
    random = Random(f"{seed}:visit:{number}")
    return Visit(
        number=number,
        account=random.randrange(ACCOUNTS) if random.random() < 0.35 else None,
        products=_products(random),
        voucher=_voucher(random),
        cards=_pick(random, WALLETS),  # type: ignore[arg-type]
        twist=_pick(random, TWISTS),  # type: ignore[arg-type]
        leaves=_pick(random, EXITS),  # type: ignore[arg-type]
        province=random.choice(list(PLACES)),
        later=_pick(random, (("", 84), ("cancel", 9), ("return", 7))),  # type: ignore[arg-type]
    )


def _products(random: Random) -> tuple[tuple[str, int], ...]:
    kinds = ["plenty"] * random.choice((1, 1, 1, 2, 3))
    if random.random() < 0.22:
        kinds[0] = "scarce"
    if random.random() < 0.06:
        kinds.append("due")
    names = {random.choice([name for name in PRODUCTS if name.startswith(kind)]) for kind in kinds}
    return tuple((name, random.choice((1, 1, 1, 2, 3))) for name in sorted(names))


def _voucher(random: Random) -> str:
    if random.random() > 0.25:
        return ""
    single = f"ONCE{random.randrange(SINGLE_USE)}"
    return random.choice(("STORM10", "FEW", "MINE", single, single))
