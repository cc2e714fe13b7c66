"""What every answer of the desk tells the browser: run nothing that is not ours."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No inline script, no inline style, nothing from elsewhere. `data:` pictures are opened evidence,
which is shown once and kept nowhere."""

EMBEDDED_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors *"
"""Of small figures made for other people's pages: they carry their style, and run nothing."""

PERMISSIONS_POLICY = (
    "camera=(), microphone=(), geolocation=(), payment=(), usb=(),"
    " publickey-credentials-get=(self), publickey-credentials-create=(self)"
)

PRIVATE_PREFIXES = (
    "/staff/",
    "/objection/",
    "/complaint/",
    "/proof/",
    "/report/",
    "/search/",
    "/authorities/portal/",
    "/authorities/enrol/",
    "/concerned/",
    "/api/",
)
"""Pages that no cache may keep and no search engine may list."""

SEARCH_PREFIX = "/search/"
"""Pages whose address holds what somebody looks for: no link from them may tell it."""


class SecurityHeaders:
    """Adds the headers to every answer, errors and static files included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Gives the answer with its headers."""
        response = self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        if response.headers["Content-Security-Policy"] == EMBEDDED_POLICY:
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        else:
            response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
            response.headers["X-Frame-Options"] = "DENY"
        if request.path.startswith(PRIVATE_PREFIXES):
            response.headers["Cache-Control"] = "no-store"
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
        if request.path.startswith(SEARCH_PREFIX):
            response.headers["Referrer-Policy"] = "no-referrer"
        return response


class KnownHosts:
    """Refuses a request for a host that is not ours before anything makes a link from it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Gives the answer; Django turns a foreign host into 400."""
        request.get_host()
        return self._get_response(request)
