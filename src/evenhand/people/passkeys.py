"""The only way in: Django's back end and allauth's adapter for people who hold a passkey."""

from uuid import UUID

from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.backends import BaseBackend

from evenhand.people.models import Person

BACKEND = "evenhand.people.passkeys.PasskeyBackend"
SITE_NAME = "Evenhand"


class PasskeyBackend(BaseBackend):
    """Gives the person of a session; it cannot sign anybody in by itself."""

    def get_user(self, user_id: UUID | str) -> Person | None:
        """Gives a person who may enter, or None: a session ends with the right to it."""
        person = Person.objects.filter(pk=user_id).first()
        return person if person is not None and person.may_enter else None


class PasskeyAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Tells authenticators what to call us and our staff."""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Gives our name and host as an authenticator shows them."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": SITE_NAME}

    def get_public_key_credential_user_entity(self, user: Person) -> dict[str, object]:
        """Gives an opaque handle and the name of a member of staff."""
        return {"id": str(user.pk).encode(), "display_name": user.name, "name": user.name}
