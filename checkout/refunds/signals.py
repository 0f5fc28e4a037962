"""Signals for higher packages."""

from django.dispatch import Signal

#: Sent when a planned refund is recorded, in the same transaction. Arguments: plan, transaction.
refund_recorded = Signal()
