"""URLs outside `/catalogue/`: the front page and image renditions."""

from django.urls import path, re_path

from catalog import list_views, views

RENDITION = r"^renditions/(?P<original>[^\x00]+)\.w(?P<width>\d{1,4})\.(?P<extension>avif|webp)$"

urlpatterns = [
    path("", views.home, name="home"),
    path("sale/", list_views.sale, name="sale"),
    path("new/", list_views.new_arrivals, name="new-arrivals"),
    re_path(RENDITION, views.rendition, name="rendition"),
]
