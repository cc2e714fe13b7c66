"""The monthly sample: disclosures drawn by lot, looked at by somebody without a part in them."""

import re
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from evenhand.base.clock import now
from evenhand.base.errors import NotFound
from evenhand.desk.doors import signed_in, staff_only
from evenhand.desk.matter_rows import matter_row, said_of
from evenhand.desk.texts import lines
from evenhand.legal import queries, steps
from evenhand.legal.checks import StepRefused
from evenhand.people.roles import Role

MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
REVIEWING = (Role.BOARD, Role.APPROVER)


@require_safe
@staff_only(*REVIEWING)
def samples(request: HttpRequest) -> HttpResponse:
    """Shows what was drawn of a month, and what was found of it."""
    month = request.GET.get("month", "") or _last_month()
    if not MONTH.fullmatch(month):
        raise NotFound(what="month", month=month)
    rows = [{"sample": one, **matter_row(one.matter)} for one in queries.samples(month)]
    context = {"rows": rows, "month": month, "page_name": "samples"}
    return render(request, "desk/legal/samples.html", context)


@require_POST
@staff_only(*REVIEWING)
def draw(request: HttpRequest, month: str) -> HttpResponse:
    """Draws the sample of a finished month; who draws has no say in what is drawn."""
    if not MONTH.fullmatch(month):
        raise NotFound(what="month", month=month)
    drawn = steps.draw_sample(month, now=now())
    if not drawn:
        messages.success(request, gettext("Nothing was drawn: no disclosures, or not over yet."))
    return redirect(f"/staff/legal/samples/?month={month}")


@require_POST
@staff_only(*REVIEWING)
def review(request: HttpRequest, month: str, matter_id: UUID) -> HttpResponse:
    """Keeps what was found of one drawn disclosure."""
    try:
        steps.review_sample(
            month,
            matter_id,
            by=signed_in(request),
            right=request.POST.get("right") == "yes",
            note=lines(request.POST.get("note", "")),
            now=now(),
        )
    except StepRefused as error:
        for said in said_of(error):
            messages.error(request, said)
    else:
        messages.success(request, gettext("The review is kept."))
    return redirect(f"/staff/legal/samples/?month={month}")


def _last_month() -> str:
    today = now().date()
    year, month = (today.year, today.month - 1) if today.month > 1 else (today.year - 1, 12)
    return f"{year}-{month:02d}"
