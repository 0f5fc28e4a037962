"""What the shop promises."""

from django.urls import path

from policies import converters, data, feeds, pdf, views

converters.register()

app_name = "policies"
urlpatterns = [
    path("", views.index, name="index"),
    path("feed.atom", feeds.overall, name="feed"),
    path("<slug:slug>/", views.page, name="page"),
    path("<slug:slug>/history/", views.history, name="history"),
    path("<slug:slug>/on/", views.choose_day, name="choose-day"),
    path("<slug:slug>/on/<day:day>/", views.on_day, name="on-day"),
    path("<slug:slug>/feed.atom", feeds.of_policy, name="policy-feed"),
    path("<slug:slug>/changes/", views.choose_changes, name="choose-changes"),
    path("<slug:slug>/changes/<version:old>-<version:new>/", views.changes, name="changes"),
    path("<slug:slug>/v<version:number>/", views.version, name="version"),
    path("<slug:slug>/v<version:number>.json", data.version, name="version-json"),
    path("<slug:slug>/v<version:number>.pdf", pdf.version, name="version-pdf"),
    path(
        "<slug:slug>/v<version:number>/<language:language>/",
        views.translation,
        name="version-translation",
    ),
    path(
        "<slug:slug>/v<version:number>/<language:language>.json",
        data.version,
        name="translation-json",
    ),
    path(
        "<slug:slug>/v<version:number>/<language:language>.pdf",
        pdf.version,
        name="translation-pdf",
    ),
    path("<slug:slug>/<language:language>/", views.translation, name="translation"),
    path("<slug:slug>/<path:rest>/", views.lost),
]
