"""Sign-up, leaving, preferences, the archive, and where mail providers report back."""

from django.urls import URLPattern, path

from accounts.newsletter import views, views_leaving, views_preferences, webhooks
from accounts.newsletter.writing import archive, pages

app_name = "newsletter"
urlpatterns: list[URLPattern] = [
    path("", views.sign_up, name="sign_up"),
    path("asked/", views.asked, name="asked"),
    path("confirm/<str:token>/", views.confirm, name="confirm"),
    path("leave/<str:code>/", views_leaving.leave, name="leave"),
    path("back/", views_leaving.undo, name="undo"),
    path("preferences/<str:code>/", views_preferences.by_link, name="preferences"),
    path("view/<str:code>/", pages.view, name="view"),
    path("go/<slug:key>/<int:number>/", pages.go, name="go"),
    path("archive/", archive.index, name="archive"),
    path("archive/<slug:slug>/", archive.letter, name="archived"),
    path("feed/", archive.feed, name="feed"),
    path("webhooks/<slug:provider>/", webhooks.reports, name="webhook"),
    path("inbound/<slug:provider>/", webhooks.mail, name="inbound"),
    # Mailgun hands over the whole mail, which reports need, where an address ends so
    path("inbound/<slug:provider>/mime", webhooks.mail),
]
