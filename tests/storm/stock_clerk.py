"""`python -m tests.storm.stock_clerk SEED`: a staff member changes stock with the shop's services.

A separate process that receives, counts and adjusts stock until it is stopped. The seed decides
what it does in each turn; the number of turns depends on the machine.
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
logger = logging.getLogger("stock clerk")


def main(seed: str) -> None:
    """Take turn after turn."""
    random = Random(f"{seed}:storehouse")
    for turn in itertools.count():
        try:
            _turn(random, turn)
        except ledger.StockError as refusal:  # orders were faster, or reserve what is missing
            logger.warning("turn %s: %s", turn, refusal)
        except DatabaseError as error:
            logger.warning("turn %s: %s", turn, type(error).__name__)
            connection.close()
        Event().wait(TURN)


def _turn(random: Random, turn: int) -> None:
    """Change one stock record, mostly one with little stock."""
    name = random.choice(("scarce-", "scarce-", "scarce-", "due-", "plenty-"))
    act = random.choices(("receive", "count", "adjust"), (5, 3, 1))[0]
    share, pieces, key = random.random(), random.randint(1, 4), f"storm-{os.getpid()}-{turn}"
    records = StockRecord.objects.filter(product__title__startswith=name).order_by("pk")
    record = records[int(share * len(records))]
    if act == "receive":
        ledger.receive(record.pk, pieces, by=None, reason="Delivery", key=key)
    elif act == "count":
        seen = record.num_in_stock or 0
        Event().wait(0.2 * share)  # the time to count
        counted = max(0, seen + random.choice((-1, 0, 0, 1)))
        ledger.count(record.pk, counted, seen=seen, by=None, key=key)
    else:
        ledger.adjust(record.pk, -1, by=None, reason="FailedResponse in the box.", key=key)


if __name__ == "__main__":
    main(sys.argv[1])
