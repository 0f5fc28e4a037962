"""URLs of an order's documents, below its secret link."""

from django.urls import path

from checkout.documents import views

app_name = "documents"
urlpatterns = [
    path("<slug:number>/<str:token>/documents/<slug:file>.pdf", views.document, name="pdf"),
]
