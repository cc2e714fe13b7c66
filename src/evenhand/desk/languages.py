"""In which language a visitor reads: what they chose, else what their browser asks for."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from evenhand.base.lists import Language
from evenhand.desk.nav import doors_of

COOKIE = "lang"
COOKIE_SECONDS = 365 * 24 * 60 * 60


class LanguageOfVisitor:
    """Sets the language of a request and remembers an explicit choice (`?lang=kk`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Gives the answer in the visitor's language."""
        chosen = listed(request.GET.get("lang"))
        language = chosen or listed(request.COOKIES.get(COOKIE)) or preferred(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self._get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        if chosen:
            response.set_cookie(
                COOKIE,
                chosen,
                max_age=COOKIE_SECONDS,
                samesite="Lax",
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=True,
            )
        return response


def listed(value: str | None) -> str | None:
    """Gives a language that we speak, or None."""
    return value if value in set(Language) else None


def preferred(request: HttpRequest) -> str:
    """Gives the first language of the browser's list that we speak, English if there is none."""
    asked: list[tuple[float, int, str]] = []
    for part in request.headers.get("Accept-Language", "")[:500].split(","):
        tag, _, parameters = part.partition(";")
        weight = parameters.strip().removeprefix("q=")
        try:
            asked.append((-float(weight or 1), len(asked), tag.strip().lower().split("-")[0]))
        except ValueError:
            continue  # a browser that cannot count its wishes gets the others
    return next((tag for _, _, tag in sorted(asked) if listed(tag)), Language.EN.value)


def page_context(request: HttpRequest) -> dict[str, object]:
    """Gives every page its language, the links to the others, and which doors there are."""
    current = getattr(request, "LANGUAGE_CODE", Language.EN.value)
    names = dict(settings.LANGUAGES)
    languages = []
    for language in Language:
        query = request.GET.copy()
        query["lang"] = language.value
        languages.append(
            {
                "code": language.value,
                "name": names[language.value],
                "href": f"?{query.urlencode()}",
                "current": language.value == current,
            }
        )
    return {
        "languages": languages,
        "page_language": current,
        "right_to_left": translation.get_language_bidi(),
        "searchable": bool(settings.SEARCH_TOKEN_FILE),
        "staff_doors": doors_of(getattr(request, "user", None)),
    }
