"""Two people take a policy from a draft to a scheduled version; clicks are counted."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.users.models import User
from policies import workflow
from policies.models import Policy, PolicyVersion
from policies.states import Stage
from tests.browser.admin_tasks.conftest import log_in
from tests.browser.admin_tasks.tasks import Counter, handbook_image, open_form

Task = Callable[[str], AbstractContextManager[Page]]


def test_policy_from_draft_to_scheduled(task: Task, shop: str, bob: User, counter: Counter) -> None:
    policy = Policy.objects.create(slug="shipping", title="Shipping", notice_days=14)
    workflow.adopt(policy, "## When we ship\n\nWe ship on Mondays.")
    bob.is_staff = bob.is_superuser = True
    bob.save()
    with task("policy: draft to scheduled, two people") as page:
        open_form(page, "add policy version", reverse("admin:policies_policyversion_add"))
        page.get_by_label("Policy").select_option(label="Shipping")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_label("Source").fill("## When we ship\n\nWe ship on Fridays.")
        page.get_by_label("Summary").fill("We ship on Fridays.")
        handbook_image(page, "policy-draft")
        page.get_by_role("button", name="Save and submit for review").click()
        expect(page.get_by_role("link", name="Approve", exact=True)).to_be_visible()

        log_in(page, shop, bob)
        page.goto(f"{shop}/admin/")
        counter.loads -= 1  # each person starts there
        page.get_by_role("link", name=re.compile("^Approve")).click()
        page.get_by_role("link", name="Approve and publish").click()
        page.get_by_role("button", name="Approve and publish").click()
        expect(page.get_by_role("heading", name="Shipping v2")).to_be_visible()
    version = PolicyVersion.objects.get(policy=policy, number=2)
    assert (version.state, version.approver) == (Stage.SCHEDULED, bob)
    day = timezone.localtime(version.effective_from).date()
    assert day == timezone.localdate() + timedelta(days=15)
