"""The project package. Importing it loads the Celery app: shared tasks need it."""

from microflight.celery import app as celery_app

__all__ = ["celery_app"]
