"""Oscar's alerts are not written: nothing would ever close or send them."""

import pytest
from oscar.apps.customer.models import ProductAlert
from oscar.apps.partner.models import StockAlert

from accounts.mail.models import Message
from catalog.partner import ledger
from catalog.partner.models import StockRecord
from tests.catalog import factories

pytestmark = pytest.mark.django_db


def test_low_stock_opens_no_alert_and_back_in_stock_sends_none(alice, mailoutbox):
    # Mutation: PartnerConfig without ready(): one open StockAlert, which nothing closes
    moth = factories.product("Moth", stock=1, pictures=0)
    record = moth.stockrecords.get()
    ProductAlert.objects.create(product=moth, user=alice, status=ProductAlert.ACTIVE)
    record.low_stock_threshold = 5
    record.save()
    ledger.receive(record.pk, 10, by=None)
    StockRecord.objects.get().save()
    assert StockAlert.objects.count() == 0
    assert (len(mailoutbox), Message.objects.count()) == (0, 0)
