"""PostgreSQL refuses to change what a launched letter says, to whom and from whom, and to delete it,
also for plain SQL. Taking it back to a draft stays possible, and TRUNCATE, by which test databases
are emptied.
"""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION launched_letter_stays() RETURNS trigger AS $$
BEGIN
    IF OLD.state = 'draft' THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND ROW(
            OLD.key, OLD.topic_id, OLD.subject, OLD.subject_b, OLD.test_share, OLD.test_hours,
            OLD.preheader, OLD.source, OLD.audience, OLD.sender_name, OLD.reply_to, OLD.body_text,
            OLD.body_html, OLD.from_email, OLD.audience_until, OLD.launched_at
        ) IS NOT DISTINCT FROM ROW(
            NEW.key, NEW.topic_id, NEW.subject, NEW.subject_b, NEW.test_share, NEW.test_hours,
            NEW.preheader, NEW.source, NEW.audience, NEW.sender_name, NEW.reply_to, NEW.body_text,
            NEW.body_html, NEW.from_email, NEW.audience_until, NEW.launched_at
        ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A launched letter does not change any more.' USING ERRCODE = 'restrict_violation';
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER launched_letter_stays BEFORE UPDATE OR DELETE ON newsletter_campaign
    FOR EACH ROW EXECUTE FUNCTION launched_letter_stays();
"""
BACKWARDS = """
DROP TRIGGER launched_letter_stays ON newsletter_campaign;
DROP FUNCTION launched_letter_stays();
"""


def run(sql):
    def on_postgresql(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return on_postgresql


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0002_pictures_for_letters")]

    operations = [migrations.RunPython(run(FORWARDS), run(BACKWARDS))]
