from django.apps import AppConfig


class UsersConfig(AppConfig):
    """Who may log in. Apart from the Oscar fork, whose migrations come before it."""

    name = "accounts.users"
    label = "users"
