"""PostgreSQL rejects changes to published versions and translations and to acceptances, also from
plain SQL.

Two exceptions: the account of an acceptance may become NULL when it is deleted, and TRUNCATE works,
because tests empty their database with it.
"""

from django.db import migrations

from microflight.core.triggers import PostgresSQL

CREATE = """
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
DROP = """
DROP TRIGGER acceptance_is_immutable ON policies_acceptance;
DROP TRIGGER acceptance_cannot_be_deleted ON policies_acceptance;
DROP TRIGGER published_translation_is_immutable ON policies_policytranslation;
DROP TRIGGER published_version_is_immutable ON policies_policyversion;
DROP FUNCTION policies_reject_change();
"""


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial")]

    operations = [PostgresSQL(CREATE, DROP)]
