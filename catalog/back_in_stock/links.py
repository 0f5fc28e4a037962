"""Signed links in the emails: one confirms an address, one cancels its requests."""

from accounts.mail.signed_links import SignedLinks

_LINKS = SignedLinks("back_in_stock", "back-in-stock")
#: How long a confirmation link is valid.
CONFIRM_WITHIN = _LINKS.confirm_within

confirm_url, read_confirm = _LINKS.confirm_url, _LINKS.read_confirm
cancel_url, read_cancel = _LINKS.cancel_url, _LINKS.read_cancel
