"""Policies, their texts and notices for staff. A published text is a contract: to read, never to
edit."""

from policies.admin.notices import NoticeAdmin
from policies.admin.subjects import PolicyAdmin
from policies.admin.texts import PolicyVersionAdmin

__all__ = ["NoticeAdmin", "PolicyAdmin", "PolicyVersionAdmin"]
