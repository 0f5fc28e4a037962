"""A shop without problems."""

from accounts.mail.models import Message
from checkout.audit.models import AuditRun
from checkout.audit.services import run_audit
from checkout.order.models import Order
from tests.checkout.audit.helpers import audit
from tests.stripe_double.control import Double


def test_shop_with_many_orders_has_no_breaches(orders: dict[str, Order]):
    run = run_audit()
    assert (run.breaches, run.not_checked) == ([], [])
    assert run.is_clean
    looked = {check["name"]: check["checked"] for check in run.checks}
    assert looked["orders-paid"] == 7
    assert looked["stripe-payments"] == 8
    assert not Message.objects.filter(email_type="audit-breaches").exists()


def test_empty_shop_has_no_breaches(db: None, stripe_double: Double):
    lines, code = audit()
    assert (lines[-1], code) == ("audit: 0 breaches", 0)
    assert AuditRun.objects.get().is_clean
