"""Staff come in through the operator's own provider; grave doors still want the passkey."""

from pathlib import Path

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from evenhand.base.clock import now
from evenhand.base.errors import Misconfigured, NotFound
from evenhand.base.sealing import read_key
from evenhand.connectors import oidc
from evenhand.desk.doors import home_of, safe_next
from evenhand.desk.limits import SIGN_IN_TRIES_MAX, count_send
from evenhand.desk.sessions import begin_session
from evenhand.people.passkeys import BACKEND
from evenhand.people.sign_on_steps import sign_in_by_provider


@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """Sends the browser to the provider.

    A link and no form: the desk's policy lets no form lead to another address, and a sign-in that
    somebody else began comes back to a session that knows nothing of it.
    """
    count_send(request, form="sign-on", sends_max=SIGN_IN_TRIES_MAX)
    wanted = safe_next(request, request.GET.get("next", ""))
    return oidc.begin(request, _provider(), wanted=wanted)


@require_safe
def answer(request: HttpRequest) -> HttpResponse:
    """Takes the provider's answer, and lets in whom two people named."""
    count_send(request, form="sign-on", sends_max=SIGN_IN_TRIES_MAX)
    vouched = oidc.finish(request, _provider())
    moment = now()
    key = read_key(settings.KEYS / "token.key")
    member = sign_in_by_provider(vouched.claims, key=key, now=moment)
    login(request, member, backend=BACKEND)
    begin_session(request, at=moment)
    return redirect(safe_next(request, vouched.wanted) or home_of(member))


def provider_name() -> str:
    """Gives what the provider is called on the sign-in page; empty where there is none."""
    return settings.OIDC_NAME if settings.OIDC_ISSUER else ""


def _provider() -> oidc.Provider:
    if not settings.OIDC_ISSUER:
        raise NotFound(what="sign-on provider")
    try:
        secret = Path(settings.OIDC_CLIENT_SECRET_FILE).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(
            setting="EVENHAND_OIDC_CLIENT_SECRET_FILE", why="not readable"
        ) from error
    return oidc.Provider(
        issuer=settings.OIDC_ISSUER,
        client_id=settings.OIDC_CLIENT_ID,
        secret=secret,
        name=settings.OIDC_NAME,
        callback_url=f"{settings.PUBLIC_URL}{reverse('staff_sign_on_answer')}",
    )
