"""PostgreSQL accepts a payment attempt only for the total of its order, and only if lines, shipping
and taxes add up to that total."""

from django.db import migrations

from microflight.core.triggers import PostgresSQL

CREATE = """
CREATE FUNCTION paid_order_adds_up() RETURNS trigger AS $$
BEGIN
    IF EXISTS (
        SELECT FROM order_order o
        WHERE o.id = NEW.order_id AND (
            o.total_incl_tax * 100 <> NEW.amount_cents
            OR o.total_excl_tax <> o.shipping_excl_tax + (
                SELECT coalesce(sum(line_price_excl_tax), 0) FROM order_line
                WHERE order_id = o.id)
            OR o.total_incl_tax <> o.total_excl_tax + (
                SELECT coalesce(sum(amount), 0) FROM tax_taxline WHERE order_id = o.id)
        )
    ) THEN
        RAISE EXCEPTION 'The order does not add up.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER paid_order_adds_up BEFORE INSERT ON payment_paymentattempt
    FOR EACH ROW EXECUTE FUNCTION paid_order_adds_up();
"""
DROP = """
DROP TRIGGER paid_order_adds_up ON payment_paymentattempt;
DROP FUNCTION paid_order_adds_up();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("order", "0022_shop_fields"),
        ("payment", "0001_initial"),
        ("tax", "0001_initial"),
    ]

    operations = [PostgresSQL(CREATE, DROP)]
