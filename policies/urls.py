"""URLs below /policies/."""

from django.urls import path

from policies import converters, feeds, json_views, pdf, views

converters.register()

VERSION = "<slug:slug>/v<version:number>"
TRANSLATION = f"{VERSION}/<language:language>"

app_name = "policies"
urlpatterns = [
    path("", views.index, name="index"),
    path("feed.atom", feeds.all_policies, name="feed"),
    path("<slug:slug>/", views.page, name="page"),
    path("<slug:slug>/history/", views.history, name="history"),
    path("<slug:slug>/on/", views.choose_date, name="choose-date"),
    path("<slug:slug>/on/<date:day>/", views.on_date, name="on-date"),
    path("<slug:slug>/feed.atom", feeds.one_policy, name="policy-feed"),
    path("<slug:slug>/changes/", views.choose_versions, name="choose-versions"),
    path("<slug:slug>/changes/<version:old>-<version:new>/", views.changes, name="changes"),
    path(f"{VERSION}/", views.version, name="version"),
    path(f"{VERSION}.json", json_views.version, name="version-json"),
    path(f"{VERSION}.pdf", pdf.version, name="version-pdf"),
    path(f"{TRANSLATION}/", views.translation, name="version-translation"),
    path(f"{TRANSLATION}.json", json_views.version, name="translation-json"),
    path(f"{TRANSLATION}.pdf", pdf.version, name="translation-pdf"),
    path("<slug:slug>/<language:language>/", views.translation, name="translation"),
    path("<slug:slug>/<path:rest>/", views.unknown_page),
]
