"""PostgreSQL refuses to change or delete what was published or agreed to, also for plain SQL.

Two things stay possible: that an account which agreed is deleted (its id goes, the proof stays),
and TRUNCATE, by which test databases are emptied.
"""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION published_text_stays() RETURNS trigger AS $$
BEGIN
    IF OLD.published_at IS NULL THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A published text never changes.' USING ERRCODE = 'restrict_violation';
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER published_text_stays BEFORE UPDATE OR DELETE ON policies_policyversion
    FOR EACH ROW EXECUTE FUNCTION published_text_stays();
CREATE TRIGGER published_translation_stays BEFORE UPDATE OR DELETE ON policies_policytranslation
    FOR EACH ROW EXECUTE FUNCTION published_text_stays();
CREATE FUNCTION acceptance_stays() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.user_id IS NULL
        AND to_jsonb(NEW) - 'user_id' = to_jsonb(OLD) - 'user_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'What somebody agreed to stays.' USING ERRCODE = 'restrict_violation';
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER acceptance_stays BEFORE UPDATE OR DELETE ON policies_acceptance
    FOR EACH ROW EXECUTE FUNCTION acceptance_stays();
"""
BACKWARDS = """
DROP TRIGGER acceptance_stays ON policies_acceptance;
DROP FUNCTION acceptance_stays();
DROP TRIGGER published_translation_stays ON policies_policytranslation;
DROP TRIGGER published_text_stays ON policies_policyversion;
DROP FUNCTION published_text_stays();
"""


def run(sql):
    def on_postgresql(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return on_postgresql


class Migration(migrations.Migration):
    dependencies = [("policies", "0003_workflow")]

    operations = [migrations.RunPython(run(FORWARDS), run(BACKWARDS))]
