"""A trigger writes the price history, and the lowest price of the 30 days before a reduction.

`prior_price` is empty unless the new price is below every price of those 30 days: Directive
98/6/EC, article 6a. The price in effect when they began counts. A later migration that rebuilds the
table of stock records on SQLite drops its triggers: create them again in it.
"""

from django.db import migrations

from microflight.core.triggers import PostgresSQL, SqliteSQL

POSTGRES = """
CREATE FUNCTION price_history() RETURNS trigger AS $$
DECLARE
    lowest numeric;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT min(price) INTO lowest FROM partner_pricechange
        WHERE stockrecord_id = NEW.id AND (
            at > now() - interval '30 days'
            OR id = (
                SELECT id FROM partner_pricechange
                WHERE stockrecord_id = NEW.id AND at <= now() - interval '30 days'
                ORDER BY at DESC, id DESC LIMIT 1
            )
        );
        NEW.prior_price := CASE WHEN NEW.price < lowest THEN lowest END;
    END IF;
    INSERT INTO partner_pricechange (stockrecord_id, price, at) VALUES (NEW.id, NEW.price, now());
    RETURN NEW;
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER price_opened AFTER INSERT ON partner_stockrecord
    FOR EACH ROW EXECUTE FUNCTION price_history();
CREATE TRIGGER price_changed BEFORE UPDATE OF price ON partner_stockrecord
    FOR EACH ROW WHEN (OLD.price IS DISTINCT FROM NEW.price) EXECUTE FUNCTION price_history();
INSERT INTO partner_pricechange (stockrecord_id, price, at)
    SELECT id, price, now() FROM partner_stockrecord;
"""
POSTGRES_UNDO = """
DROP TRIGGER price_changed ON partner_stockrecord;
DROP TRIGGER price_opened ON partner_stockrecord;
DROP FUNCTION price_history();
"""
SQLITE = """
CREATE TRIGGER price_opened AFTER INSERT ON partner_stockrecord BEGIN
    INSERT INTO partner_pricechange (stockrecord_id, price, at)
    VALUES (NEW.id, NEW.price, strftime('%Y-%m-%d %H:%M:%f', 'now'));
END;
CREATE TRIGGER price_changed AFTER UPDATE OF price ON partner_stockrecord
WHEN OLD.price IS NOT NEW.price BEGIN
    UPDATE partner_stockrecord SET prior_price = (
        SELECT CASE WHEN NEW.price < min(price) THEN min(price) END FROM partner_pricechange
        WHERE stockrecord_id = NEW.id AND (
            at > strftime('%Y-%m-%d %H:%M:%f', 'now', '-30 days')
            OR id = (
                SELECT id FROM partner_pricechange
                WHERE stockrecord_id = NEW.id
                    AND at <= strftime('%Y-%m-%d %H:%M:%f', 'now', '-30 days')
                ORDER BY at DESC, id DESC LIMIT 1
            )
        )
    ) WHERE id = NEW.id;
    INSERT INTO partner_pricechange (stockrecord_id, price, at)
    VALUES (NEW.id, NEW.price, strftime('%Y-%m-%d %H:%M:%f', 'now'));
END;
INSERT INTO partner_pricechange (stockrecord_id, price, at)
    SELECT id, price, strftime('%Y-%m-%d %H:%M:%f', 'now') FROM partner_stockrecord;
"""
SQLITE_UNDO = """
DROP TRIGGER price_changed;
DROP TRIGGER price_opened;
"""


class Migration(migrations.Migration):
    dependencies = [("partner", "0014_price_history")]

    operations = [PostgresSQL(POSTGRES, POSTGRES_UNDO), SqliteSQL(SQLITE, SQLITE_UNDO)]
