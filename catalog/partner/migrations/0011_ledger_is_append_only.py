"""PostgreSQL rejects changing or deleting rows of the ledger, also by plain SQL.

Two things remain possible: clearing `by_id` (the staff account was deleted), and TRUNCATE, which
empties test databases.
"""

from django.db import migrations

FORWARDS = """
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
BACKWARDS = """
DROP TRIGGER stock_ledger_is_append_only ON partner_stockmovement;
DROP FUNCTION stock_ledger_is_append_only();
"""


def run(sql):
    def on_postgresql(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return on_postgresql


class Migration(migrations.Migration):
    dependencies = [("partner", "0010_opening_movements")]

    operations = [migrations.RunPython(run(FORWARDS), run(BACKWARDS))]
