"""The page of a delay notice: agree to wait, or cancel. Opening the link changes nothing."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from checkout.deadlines import services
from checkout.deadlines.models import DelayNotice, ReplyType
from checkout.deadlines.schedule import OPEN
from checkout.order.links import status_token


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: HttpRequest, secret: str) -> HttpResponse:
    """Show the notice, and record the button that the buyer presses."""
    notice = get_object_or_404(DelayNotice.objects.select_related("order"), secret=secret)
    status = 200
    if request.method == "POST":
        answer = request.POST.get("answer")
        if answer in (ReplyType.CONSENT, ReplyType.CANCEL):
            try:
                services.reply(notice=notice, answer=str(answer))
            except services.DelayError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, _("Thanks, we recorded your reply."))
            return redirect("deadlines:reply", secret)
        status = 422
    replies, order = list(notice.replies.all()), notice.order
    context = {
        "notice": notice,
        "order": order,
        "order_url": reverse("orders:status", args=[order.number, status_token(order)]),
        "replies": replies,
        "may_consent": not replies and order.status in OPEN,
        "may_cancel": order.status in OPEN
        and all(each.type == ReplyType.CONSENT for each in replies),
    }
    response = render(request, "deadlines/reply.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response
