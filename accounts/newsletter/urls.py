"""Sign-up, unsubscribe, preferences, the archive, and the webhooks of email providers."""

from django.urls import URLPattern, path

from accounts.mail.inbound.webhooks import webhook
from accounts.newsletter.campaigns import views as campaigns
from accounts.newsletter.subscribers import views as subscribers

app_name = "newsletter"
urlpatterns: list[URLPattern] = [
    path("", subscribers.sign_up, name="sign_up"),
    path("check-your-email/", subscribers.check_email, name="check_email"),
    path("confirm/<str:token>/", subscribers.confirm, name="confirm"),
    path("unsubscribe/<str:code>/", subscribers.unsubscribe_page, name="unsubscribe"),
    path("leave/<str:code>/", subscribers.old_unsubscribe_page),  # in older emails
    path("resubscribe/", subscribers.resubscribe, name="resubscribe"),
    path("preferences/<str:code>/", subscribers.preferences_page, name="preferences"),
    path("view/<str:code>/", campaigns.view_in_browser, name="view"),
    path("go/<slug:key>/<int:number>/", campaigns.click, name="click"),
    path("archive/", campaigns.archive, name="archive"),
    path("archive/<slug:slug>/", campaigns.archive_campaign, name="archive_campaign"),
    path("feed/", campaigns.feed, name="feed"),
    path("webhooks/<slug:provider>/", webhook, {"what": "tracking"}, name="webhook"),
    path("inbound/<slug:provider>/", webhook, {"what": "inbound"}, name="inbound"),
    # Mailgun sends the complete email, which reports need, to a URL that ends like this
    path("inbound/<slug:provider>/mime", webhook, {"what": "inbound"}),
]
