from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    """What the shop promises, in versions, and who agreed to which."""

    name = "policies"
