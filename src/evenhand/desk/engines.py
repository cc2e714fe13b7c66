"""What the desk hands to the legal room's steps from above; `settings` says where it is bound."""

from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from evenhand.legal.ports import Pager, Violations


def pager() -> Pager:
    """Gives who calls the people on duty."""
    return cast("Pager", import_string(settings.PAGER)())


def violations() -> Violations:
    """Gives who knows what an account was found to have done."""
    return cast("Violations", import_string(settings.VIOLATIONS)())
