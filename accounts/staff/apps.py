from django.apps import AppConfig
from django.db.models.signals import post_migrate


class StaffConfig(AppConfig):
    """Staff accounts: roles, invitations, sessions and the audit log."""

    name = "accounts.staff"
    label = "staff"

    def ready(self) -> None:
        """Give permissions of new models to the roles, and log logins."""
        from accounts.staff import audit_log, sessions  # noqa: F401 (models are loaded only now)
        from accounts.staff.roles import grant_new_permissions  # likewise

        post_migrate.connect(grant_new_permissions, dispatch_uid="staff.roles")
