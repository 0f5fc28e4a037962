"""Signed links in the emails: one confirms an address, one ends a saved search."""

from accounts.mail.signed_links import SignedLinks

LINKS = SignedLinks("saved_searches", "saved-search")
