"""PostgreSQL rejects changes to customs declarations, also from plain SQL."""

from django.db import migrations

from microflight.core.triggers import PostgresSQL

CREATE = """
CREATE FUNCTION documents_reject_customs_change() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'A customs declaration is immutable.' USING ERRCODE = 'restrict_violation';
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER customs_declaration_is_immutable
    BEFORE UPDATE OR DELETE ON documents_customsdeclaration
    FOR EACH ROW EXECUTE FUNCTION documents_reject_customs_change();
"""
DROP = """
DROP TRIGGER customs_declaration_is_immutable ON documents_customsdeclaration;
DROP FUNCTION documents_reject_customs_change();
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0004_customs")]

    operations = [PostgresSQL(CREATE, DROP)]
