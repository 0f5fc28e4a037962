"""The Celery app and its schedule."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "microflight.settings")

app = Celery("microflight")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

#: In seconds, or a local time (CELERY_TIMEZONE). Running a task twice at once does no harm.
app.conf.beat_schedule = {
    "publish-products": {"task": "catalog.tasks.publish_scheduled", "schedule": 60.0},
    "delete-uploads": {
        "task": "catalog.tasks.delete_uploads",
        "schedule": crontab(hour="4", minute="10"),
    },
    "notify-back-in-stock": {"task": "catalog.back_in_stock.tasks.notify", "schedule": 60.0},
    "delete-old-back-in-stock": {
        "task": "catalog.back_in_stock.tasks.delete_old",
        "schedule": 6 * 3600.0,
    },
    "delete-old-question-emails": {
        "task": "catalog.reviews.tasks.delete_old_emails",
        "schedule": crontab(hour="3", minute="40"),
    },
    "notify-saved-searches": {
        "task": "catalog.saved_searches.tasks.notify",
        "schedule": crontab(hour="6", minute="40"),
    },
    "check-external-offers": {
        "task": "catalog.external_offers.tasks.check_links",
        "schedule": crontab(minute="*/10"),
    },
    "delete-import-files": {
        "task": "microflight.imports.tasks.delete_files",
        "schedule": crontab(hour="3", minute="45"),
    },
    "resume-imports": {"task": "microflight.imports.tasks.resume", "schedule": 60.0},
    "delete-old-history": {
        "task": "catalog.tasks.delete_old_history",
        "schedule": crontab(hour="3", minute="50"),
    },
    "fill-calendars": {
        "task": "policies.opening.tasks.fill_calendars",
        "schedule": crontab(hour="2", minute="10"),
    },
    "policies-at-midnight": {
        "task": "policies.tasks.record_effective_versions",
        "schedule": crontab(hour="0", minute="0"),
    },
    "update-search": {
        "task": "catalog.search_index.tasks.update_search",
        "schedule": crontab(hour="0", minute="10"),
    },
    "policies-in-effect": {"task": "policies.tasks.record_effective_versions", "schedule": 300.0},
    "policy-announcements": {
        "task": "accounts.agreements.tasks.send_announcements",
        "schedule": 60.0,
    },
    "policy-reviews": {
        "task": "accounts.agreements.tasks.send_review_reminders",
        "schedule": crontab(hour="8", minute="0"),
    },
    "delete-old-subscribers": {
        "task": "accounts.newsletter.subscribers.erasure.delete_old",
        "schedule": 6 * 3600.0,
    },
    "sweep-imports": {
        "task": "accounts.newsletter.subscribers.imports.sweep",
        "schedule": 60.0,
    },
    "read-bounces": {"task": "accounts.mail.tasks.read_bounces", "schedule": 300.0},
    "run-campaigns": {
        "task": "accounts.newsletter.campaigns.scheduler.run_campaigns",
        "schedule": 5.0,  # scheduler.TICK
    },
    "sweep-mail": {"task": "accounts.mail.tasks.sweep", "schedule": 60.0},
    "expire-orders": {"task": "checkout.settlement.tasks.expire_orders", "schedule": 60.0},
    "reconcile-payments": {"task": "checkout.settlement.tasks.reconcile", "schedule": 300.0},
    "delete-old-tickets": {
        "task": "accounts.tickets.tasks.delete_old_tickets",
        "schedule": crontab(hour="3", minute="40"),
    },
    "delete-old-order-forms": {
        "task": "checkout.offline.tasks.delete_old_forms",
        "schedule": crontab(hour="3", minute="20"),
    },
    "issue-missing-documents": {
        "task": "checkout.documents.tasks.issue_missing_documents",
        "schedule": crontab(minute="50"),
    },
    "release-held-orders": {
        "task": "checkout.fulfilment.tasks.release_held_orders",
        "schedule": 60.0,
    },
    "watch-reservations": {
        "task": "checkout.fulfilment.tasks.check_expiring_authorizations",
        "schedule": crontab(minute="20"),
    },
    "check-deadlines": {
        "task": "checkout.deadlines.tasks.check_deadlines",
        "schedule": crontab(minute="35"),
    },
    "update-destinations": {
        "task": "checkout.shipping.tasks.update_destinations",
        "schedule": crontab(minute="5-59/15"),
    },
    "add-customers": {"task": "microflight.customers.tasks.add_customers", "schedule": 60.0},
    "settle-withdrawals": {
        "task": "checkout.withdrawal.tasks.settle_withdrawals",
        "schedule": 60.0,
    },
    "audit": {"task": "checkout.audit.tasks.audit", "schedule": crontab(hour="3", minute="30")},
}
