"""Categories and products, at the URLs of Oscar's `get_absolute_url`."""

from django.urls import path, re_path

from catalog import list_views, views

app_name = "catalogue"
urlpatterns = [
    path("", list_views.index, name="index"),
    re_path(
        r"^category/(?P<category_slug>[\w-]+(?:/[\w-]+)*)_(?P<pk>\d{1,9})/$",
        list_views.category,
        name="category",
    ),
    re_path(r"^(?P<product_slug>[\w-]*)_(?P<pk>\d{1,9})/$", views.product, name="detail"),
    re_path(
        r"^(?P<product_slug>[\w-]*)_(?P<pk>\d{1,9})/images/(?P<number>\d{1,3})/$",
        views.image,
        name="image",
    ),
]
