"""The library of manuals. Slugs and numbers are printed in manuals, so these URLs stay."""

from django.urls import path

from catalog.manuals import views

app_name = "manuals"
urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:slug>/", views.manual, name="manual"),
    path("<slug:slug>.pdf", views.current_pdf, name="current-pdf"),
    path("<slug:slug>/<row:number>/", views.manual, name="revision"),
    path("<slug:slug>/<row:number>.pdf", views.pdf, name="pdf"),
]
