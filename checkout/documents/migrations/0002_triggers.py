"""PostgreSQL rejects changes to issued documents, also from plain SQL. TRUNCATE works, because
tests empty their database with it."""

from django.db import migrations

from microflight.core.triggers import PostgresSQL

CREATE = """
CREATE FUNCTION documents_reject_change() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'An issued document is immutable.' USING ERRCODE = 'restrict_violation';
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER issued_document_is_immutable BEFORE UPDATE OR DELETE ON documents_issueddocument
    FOR EACH ROW EXECUTE FUNCTION documents_reject_change();
"""
DROP = """
DROP TRIGGER issued_document_is_immutable ON documents_issueddocument;
DROP FUNCTION documents_reject_change();
"""


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_invoices")]

    operations = [PostgresSQL(CREATE, DROP)]
