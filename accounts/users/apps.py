from django.apps import AppConfig


class UsersConfig(AppConfig):
    """The user model. Separate from the Oscar fork, whose migrations run before it."""

    name = "accounts.users"
    label = "users"
