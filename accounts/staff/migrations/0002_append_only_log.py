"""Django's admin log is append-only, also for plain SQL.

PostgreSQL allows TRUNCATE, which tests empty their database with; in SQLite, tests do that with a
plain DELETE, so there only changes are rejected (the models' signal rejects deletions, see
`audit_log.py`).
"""

from django.db import migrations

from microflight.core.triggers import PostgresSQL, SqliteSQL

CREATE = """
CREATE FUNCTION staff_reject_log_change() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only.' USING ERRCODE = 'restrict_violation';
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER admin_log_is_append_only BEFORE UPDATE OR DELETE ON django_admin_log
    FOR EACH ROW EXECUTE FUNCTION staff_reject_log_change();
CREATE TRIGGER entry_origin_is_append_only BEFORE UPDATE OR DELETE ON staff_entryorigin
    FOR EACH ROW EXECUTE FUNCTION staff_reject_log_change();
"""
DROP = """
DROP TRIGGER admin_log_is_append_only ON django_admin_log;
DROP TRIGGER entry_origin_is_append_only ON staff_entryorigin;
DROP FUNCTION staff_reject_log_change();
"""
SQLITE_CREATE = """
CREATE TRIGGER admin_log_is_append_only BEFORE UPDATE ON django_admin_log
BEGIN SELECT RAISE(ABORT, 'The audit log is append-only.'); END;
CREATE TRIGGER entry_origin_is_append_only BEFORE UPDATE ON staff_entryorigin
BEGIN SELECT RAISE(ABORT, 'The audit log is append-only.'); END;
"""
SQLITE_DROP = """
DROP TRIGGER admin_log_is_append_only;
DROP TRIGGER entry_origin_is_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0001_staff_sessions"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [PostgresSQL(CREATE, DROP), SqliteSQL(SQLITE_CREATE, SQLITE_DROP)]
