"""PostgreSQL rejects changes to published versions and translations and to acceptances, also from
plain SQL.

Two exceptions: the account of an acceptance may become NULL when it is deleted, and TRUNCATE works,
because tests empty their database with it.
"""

from django.db import migrations

FORWARDS = """
DROP TRIGGER acceptance_stays ON policies_acceptance;
DROP FUNCTION acceptance_stays();
DROP TRIGGER published_translation_stays ON policies_policytranslation;
DROP TRIGGER published_text_stays ON policies_policyversion;
DROP FUNCTION published_text_stays();

CREATE FUNCTION policies_reject_change() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER published_version_is_immutable BEFORE UPDATE OR DELETE ON policies_policyversion
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION policies_reject_change('A published policy version is immutable.');
CREATE TRIGGER published_translation_is_immutable
    BEFORE UPDATE OR DELETE ON policies_policytranslation
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION policies_reject_change('A published policy translation is immutable.');
CREATE TRIGGER acceptance_cannot_be_deleted BEFORE DELETE ON policies_acceptance
    FOR EACH ROW EXECUTE FUNCTION policies_reject_change('An acceptance is immutable.');
CREATE TRIGGER acceptance_is_immutable BEFORE UPDATE ON policies_acceptance
    FOR EACH ROW WHEN (
        NEW.user_id IS NOT NULL OR to_jsonb(NEW) - 'user_id' <> to_jsonb(OLD) - 'user_id'
    )
    EXECUTE FUNCTION policies_reject_change('An acceptance is immutable.');
"""


def create_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(FORWARDS, params=None)  # "%" is not a placeholder


class Migration(migrations.Migration):
    dependencies = [("policies", "0007_standard_terms")]

    operations = [migrations.RunPython(create_triggers)]
