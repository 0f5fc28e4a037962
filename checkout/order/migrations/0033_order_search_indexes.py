"""Trigram indexes of what the search for orders compares, see checkout/order/search.py."""

from django.db import migrations

from microflight.core.triggers import PostgresSQL

_PLACE = """"first_name" || ' ' || "last_name" || ' ' || "line4" || ' '
    || REPLACE(REPLACE("postcode", ' ', ''), '-', '')"""
CREATE = f"""
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX order_search ON order_order USING gin
    (LOWER("number" || ' ' || "guest_email") gin_trgm_ops);
CREATE INDEX order_line_search ON order_line USING gin
    (LOWER("partner_sku" || ' ' || "title") gin_trgm_ops);
CREATE INDEX order_shipment_search ON order_shippingevent USING gin
    (LOWER(REPLACE(REPLACE("tracking_number", ' ', ''), '-', '')) gin_trgm_ops);
CREATE INDEX order_shipping_search ON order_shippingaddress USING gin
    (LOWER({_PLACE} || ' ' || REPLACE(REPLACE("phone_number", ' ', ''), '-', '')) gin_trgm_ops);
CREATE INDEX order_billing_search ON order_billingaddress USING gin
    (LOWER({_PLACE}) gin_trgm_ops);
"""
DROP = """
DROP INDEX order_search, order_line_search, order_shipment_search, order_shipping_search,
    order_billing_search;
"""


class Migration(migrations.Migration):
    dependencies = [("order", "0032_staff_holds")]

    operations = [PostgresSQL(CREATE, DROP)]
