"""The demo's letter box; included only where DEMO=1."""

from django.urls import path

from microflight import mailbox

app_name = "mailbox"
urlpatterns = [
    path("", mailbox.index, name="index"),
    path("<str:key>/", mailbox.letter, name="letter"),
    path("<str:key>/body/", mailbox.body, name="body"),
]
