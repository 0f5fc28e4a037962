"""Policies, their versions and translations, acceptances and notices in the admin."""

from policies.admin.acceptances import AcceptanceAdmin
from policies.admin.notices import NoticeAdmin
from policies.admin.policies import PolicyAdmin
from policies.admin.translations import PolicyTranslationAdmin
from policies.admin.versions import PolicyVersionAdmin

__all__ = [
    "AcceptanceAdmin",
    "NoticeAdmin",
    "PolicyAdmin",
    "PolicyTranslationAdmin",
    "PolicyVersionAdmin",
]
