"""The account pages: what a customer keeps with us."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_required
def summary(request: HttpRequest) -> HttpResponse:
    """Show who is logged in and what can be done here."""
    return render(request, "accounts/summary.html")
