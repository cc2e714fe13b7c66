"""The frame of every page of the public site, once in each language."""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from evenhand.base.lists import Language


def rendered(
    template: str, context: Callable[[], Mapping[str, object]], *, root: str, section: str
) -> dict[str, str]:
    """Gives one template as files, one per language; `root` leads from it to the site's top.

    `index.html` is the English one too: a web server shows it unasked.
    """
    pages: dict[str, str] = {}
    for language in Language:
        with translation.override(language.value):
            shown = {
                "page_language": language.value,
                "root": root,
                "section": section,
                "desk_url": settings.PUBLIC_URL,
                "languages": [
                    {
                        "code": other.value,
                        "name": dict(settings.LANGUAGES)[other.value],
                        "href": page_name(other),
                        "current": other is language,
                    }
                    for other in Language
                ],
            }
            pages[page_name(language)] = render_to_string(template, {**shown, **context()})
    return {**pages, "index.html": pages[page_name(Language.EN)]}


def page_name(language: Language) -> str:
    """Gives the file of a page in one language."""
    return f"{language.value}.html"
