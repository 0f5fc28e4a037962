"""PostgreSQL refuses to change or delete rows of the ledger, also for plain SQL.

Two things stay possible: to forget who acted (their account is deleted), and TRUNCATE, by which
test databases are emptied.
"""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION stock_ledger_is_final() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.by_id IS NULL
        AND to_jsonb(NEW) - 'by_id' = to_jsonb(OLD) - 'by_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The stock ledger is only added to.' USING ERRCODE = 'restrict_violation';
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER stock_ledger_is_final BEFORE UPDATE OR DELETE ON partner_stockmovement
    FOR EACH ROW EXECUTE FUNCTION stock_ledger_is_final();
"""
BACKWARDS = """
DROP TRIGGER stock_ledger_is_final ON partner_stockmovement;
DROP FUNCTION stock_ledger_is_final();
"""


def run(sql):
    def on_postgresql(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return on_postgresql


class Migration(migrations.Migration):
    dependencies = [("partner", "0010_opening_rows")]

    operations = [migrations.RunPython(run(FORWARDS), run(BACKWARDS))]
