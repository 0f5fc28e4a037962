"""Parts of addresses."""

from django.urls import converters, register_converter


class RowNumber(converters.IntConverter):
    """The number of a database row: so long that the database can still look for it."""

    regex = "[0-9]{1,18}"


register_converter(RowNumber, "row")
