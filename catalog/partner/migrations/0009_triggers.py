"""PostgreSQL rejects changing or deleting rows of the ledger, also by plain SQL.

Two things remain possible: clearing `by_id` (the staff account was deleted), and TRUNCATE, which
empties test databases.
"""

from django.db import migrations

from microflight.core.triggers import PostgresSQL

CREATE = """
CREATE FUNCTION stock_ledger_is_append_only() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.by_id IS NULL
        AND to_jsonb(NEW) - 'by_id' = to_jsonb(OLD) - 'by_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The stock ledger is append-only.' USING ERRCODE = 'restrict_violation';
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER stock_ledger_is_append_only BEFORE UPDATE OR DELETE ON partner_stockmovement
    FOR EACH ROW EXECUTE FUNCTION stock_ledger_is_append_only();
"""
DROP = """
DROP TRIGGER stock_ledger_is_append_only ON partner_stockmovement;
DROP FUNCTION stock_ledger_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("partner", "0008_shop_fields")]

    operations = [PostgresSQL(CREATE, DROP)]
