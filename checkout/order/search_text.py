"""The text that the search for orders compares."""

from django.db import models


class OrderSearchText(models.Model):
    """All that an order is found by, in lower case. Triggers of PostgreSQL write it (migration
    `order_search_text`), also when an email is corrected or an address erased; SQLite has no rows.

    No constraint: the trigger of a deleted line may write the text of an order that is deleted
    next; the trigger of the order deletes it.
    """

    order = models.OneToOneField(
        "order.Order",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        primary_key=True,
        related_name="+",
    )
    text = models.TextField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.text
