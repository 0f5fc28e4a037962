"""`manage.py heal`: the former name of `manage.py reconcile`, with its former last line."""

from checkout.management.commands import reconcile


class Command(reconcile.Command):
    """Same as `reconcile`."""

    last_line = "heal: {} seen to"
