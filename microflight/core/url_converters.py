"""URL path converters."""

from django.urls import converters, register_converter


class RowNumber(converters.IntConverter):
    """The ID of a database row: at most 18 digits, which every database can look up."""

    regex = "[0-9]{1,18}"


register_converter(RowNumber, "row")
