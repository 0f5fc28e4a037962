"""Showing an address to its owner without giving it away to whoever a letter was forwarded to."""


def masked(email: str) -> str:
    """Return `d…@example.com` for `dana@example.com`."""
    name, _, host = email.rpartition("@")
    return f"{name[:1]}…@{host}"
