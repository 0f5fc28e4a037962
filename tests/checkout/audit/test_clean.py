"""A shop in which nothing is wrong: what the audit says, and what it costs."""

from accounts.mail.models import Message
from checkout.audit.models import AuditRun
from checkout.audit.services import run_audit
from checkout.order.models import Order
from tests.checkout.audit.running import audit
from tests.stripe_double.control import Double


def test_a_shop_with_a_past_has_no_breach(story: dict[str, Order]):
    run = run_audit()
    assert (run.breaches, run.unanswered) == ([], [])
    assert run.is_clean
    looked = {check["name"]: check["looked_at"] for check in run.checks}
    assert looked["order-paid"] == 7
    assert looked["stripe"] == 8
    assert not Message.objects.filter(kind="audit-breaches").exists()


def test_an_empty_shop_has_no_breach(db: None, stripe_double: Double):
    lines, code = audit()
    assert (lines[-1], code) == ("audit: 0 breaches", 0)
    assert AuditRun.objects.get().is_clean
