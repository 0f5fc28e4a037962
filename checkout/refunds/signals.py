"""What other packages may react to."""

from django.dispatch import Signal

#: A planned refund is recorded, in the same transaction. Arguments: plan, transaction.
refund_recorded = Signal()
