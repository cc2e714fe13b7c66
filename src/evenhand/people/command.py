"""`evenhand staff invite|leave|list`: the first two people, and who may no longer enter."""

import argparse
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evenhand.settings")
django.setup()

# Models may be imported only after Django is set up.
from django.conf import settings  # noqa: E402

from evenhand.base.clock import now  # noqa: E402
from evenhand.base.errors import NotFound  # noqa: E402
from evenhand.base.lists import Language  # noqa: E402
from evenhand.people.checks import admitters_missing  # noqa: E402
from evenhand.people.queries import everybody, person_named  # noqa: E402
from evenhand.people.roles import STAFF_ROLES, Role  # noqa: E402
from evenhand.people.steps import invite, leave  # noqa: E402


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the words after `evenhand staff`."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    inviting = verbs.add_parser(
        "invite", help="let in one of the first two people: prints a one-time link"
    )
    inviting.add_argument("name", help="as colleagues know this person")
    inviting.add_argument(
        "--role",
        action="append",
        choices=sorted(role.value for role in STAFF_ROLES),
        help="may be repeated",
    )
    inviting.add_argument(
        "--language", choices=[language.value for language in Language], default=Language.EN.value
    )
    leaving = verbs.add_parser("leave", help="end a person's sessions, passkeys and links")
    leaving.add_argument("name")
    verbs.add_parser("list", help="show who works here, with their roles")


def run(options: argparse.Namespace) -> int:
    """Invites, lets go or lists, and says what was done."""
    match options.verb:
        case "invite":
            _invite(options)
        case "leave":
            member = person_named(options.name)
            if member is None or Role.OFFICER.value in member.roles:
                raise NotFound(what="member of staff", name=options.name)
            leave(member.id, by=None, now=now())
            sys.stdout.write(f"{options.name} no longer works here.\n")
            sys.stdout.write(_warning())
        case _:
            for member in everybody():
                state = "" if member.is_active else " (left)"
                sys.stdout.write(f"{member.name}: {', '.join(member.roles)}{state}\n")
    return 0


def _warning() -> str:
    """Gives what to do where those who are left can let nobody in; else nothing."""
    staff = [member.roles for member in everybody() if member.may_enter]
    missing = sorted(role.value for role in admitters_missing(staff))
    if not missing:
        return ""
    return (
        "Too few are left to let others in: `evenhand staff invite NAME --role ROLE` lets in one"
        f" more with the role {' or '.join(missing)}.\n"
    )


def _invite(options: argparse.Namespace) -> None:
    known = person_named(options.name)
    roles = [Role(value) for value in options.role or (known.roles if known else ())]
    made = invite(options.name, roles, language=Language(options.language), now=now())
    sys.stdout.write(f"{settings.PUBLIC_URL}{made.path}\n")
    sys.stdout.write(f"Works once, until {made.expires_at:%Y-%m-%d %H:%M} UTC.\n")
