from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("policies", "0005_reading_again")]

    operations = [
        migrations.RenameField("policy", "accepted_at_checkout", "required_at_checkout"),
        migrations.RenameField("policy", "accepted_at_registration", "required_at_registration"),
        migrations.RenameField("policy", "review_by", "next_review_on"),
        migrations.RenameField("policyversion", "kind", "change_type"),
        migrations.RenameField("policyversion", "short_notice", "short_notice_reason"),
        migrations.RenameField("versionevent", "what", "action"),
        migrations.RenameField("versionevent", "why", "comment"),
        migrations.RenameField("versionevent", "by", "user"),
        migrations.RenameField("versionevent", "at", "created_at"),
        migrations.RenameField("review", "by", "reviewer"),
        migrations.RenameField("review", "at", "reviewed_at"),
        migrations.RenameField("review", "next_by", "next_review_on"),
        migrations.RemoveField("acceptance", "answer"),
        migrations.DeleteModel("Effect"),
    ]
