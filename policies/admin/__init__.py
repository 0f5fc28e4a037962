"""Policies, their texts and notices for staff. A published text is a contract: to read, never to
edit."""

from policies.admin.agreed import AcceptanceAdmin
from policies.admin.notices import NoticeAdmin
from policies.admin.subjects import PolicyAdmin
from policies.admin.texts import PolicyVersionAdmin
from policies.admin.translations import PolicyTranslationAdmin

__all__ = [
    "AcceptanceAdmin",
    "NoticeAdmin",
    "PolicyAdmin",
    "PolicyTranslationAdmin",
    "PolicyVersionAdmin",
]
