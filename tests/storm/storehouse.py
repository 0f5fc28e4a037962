"""`python -m tests.storm.storehouse SEED`: staff at the shelves, through the shop's own services.

A process with connections of its own. Goods come in, are counted and break, until it is ended.
What it does in which turn is drawn from the seed; how many turns there are depends on the machine.
"""

import itertools
import logging
import os
import sys
from random import Random
from threading import Event

import django

django.setup()

from django.db import DatabaseError, connection  # noqa: E402

from catalog.partner import ledger  # noqa: E402
from catalog.partner.models import StockRecord  # noqa: E402

TURN = 1.5  # seconds
logger = logging.getLogger("storehouse")


def main(seed: str) -> None:
    """Take turn after turn."""
    random = Random(f"{seed}:storehouse")
    for turn in itertools.count():
        try:
            _turn(random, turn)
        except ledger.StockError as refusal:  # orders were faster, or hold what is missing
            logger.warning("turn %s: %s", turn, refusal)
        except DatabaseError as problem:
            logger.warning("turn %s: %s", turn, type(problem).__name__)
            connection.close()
        Event().wait(TURN)


def _turn(random: Random, turn: int) -> None:
    """Do one thing to one shelf, most often to one that is short."""
    name = random.choice(("scarce-", "scarce-", "scarce-", "due-", "plenty-"))
    act = random.choices(("receive", "count", "adjust"), (5, 3, 1))[0]
    share, pieces, key = random.random(), random.randint(1, 4), f"storm-{os.getpid()}-{turn}"
    records = StockRecord.objects.filter(product__title__startswith=name).order_by("pk")
    record = records[int(share * len(records))]
    if act == "receive":
        ledger.receive(record.pk, pieces, by=None, reason="A delivery.", key=key)
    elif act == "count":
        seen = record.num_in_stock or 0
        Event().wait(0.2 * share)  # walks to the shelf and back
        counted = max(0, seen + random.choice((-1, 0, 0, 1)))
        ledger.count(record.pk, counted, seen=seen, by=None, key=key)
    else:
        ledger.adjust(record.pk, -1, by=None, reason="Broken in the box.", key=key)


if __name__ == "__main__":
    main(sys.argv[1])
