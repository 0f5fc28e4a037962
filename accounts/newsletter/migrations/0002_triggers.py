"""PostgreSQL rejects changes to what a launched campaign says, to whom and from whom, and its
deletion, also for plain SQL. Reverting it to a draft stays possible, and TRUNCATE, which empties
test databases.
"""

from django.db import migrations

from microflight.core.triggers import PostgresSQL

CREATE = """
CREATE FUNCTION launched_campaign_is_frozen() RETURNS trigger AS $$
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
    RAISE EXCEPTION 'A launched campaign cannot change.' USING ERRCODE = 'restrict_violation';
END
$$ LANGUAGE plpgsql;
CREATE TRIGGER launched_campaign_is_frozen BEFORE UPDATE OR DELETE ON newsletter_campaign
    FOR EACH ROW EXECUTE FUNCTION launched_campaign_is_frozen();
"""
DROP = """
DROP TRIGGER launched_campaign_is_frozen ON newsletter_campaign;
DROP FUNCTION launched_campaign_is_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0001_initial")]

    operations = [PostgresSQL(CREATE, DROP)]
