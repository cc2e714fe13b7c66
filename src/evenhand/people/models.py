"""What is stored of the people at the desk: a name, roles, keys. No password exists."""

import secrets
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from evenhand.base.lists import Language
from evenhand.people.limits import SIGN_ON_CHARACTERS_MAX, STAFF_NAME_CHARACTERS_MAX
from evenhand.people.roles import RELEASE_ROLES, Role


def fresh_salt() -> str:
    """Gives the random part of a session's signature; a new one ends every open session."""
    return secrets.token_hex(16)


class PersonManager(models.Manager["Person"]):
    """Finds people by the name that they sign in under."""

    def get_by_natural_key(self, name: str) -> "Person":
        """Gives the person of that name."""
        return self.get(name=name)


class Person(models.Model):
    """Somebody who signs in with a passkey: a member of staff, or an officer of an authority.

    It stands in for Django's user, without password and superuser.
    """

    USERNAME_FIELD = "name"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    is_anonymous = False
    is_authenticated = True

    id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(max_length=STAFF_NAME_CHARACTERS_MAX, unique=True)
    language = models.CharField(max_length=2, default=Language.EN.value)
    roles = ArrayField(models.CharField(max_length=20))
    is_active = models.BooleanField(default=True)
    suspended_at = models.DateTimeField(null=True)
    session_salt = models.CharField(max_length=32, default=fresh_salt)
    created_at = models.DateTimeField()

    objects = PersonManager()

    class Meta:
        """Roles and languages are closed lists; whoever runs the machines releases no data."""

        constraints: ClassVar = [
            models.CheckConstraint(
                name="people_person_roles_listed",
                condition=Q(roles__contained_by=[role.value for role in Role])
                & Q(roles__len__gt=0),
            ),
            models.CheckConstraint(
                name="people_person_officer_alone",
                condition=~Q(roles__contains=[Role.OFFICER.value]) | Q(roles=[Role.OFFICER.value]),
            ),
            models.CheckConstraint(
                name="people_person_operator_apart",
                condition=~Q(roles__contains=[Role.OPERATOR.value])
                | ~Q(roles__overlap=sorted(role.value for role in RELEASE_ROLES)),
            ),
            models.CheckConstraint(
                name="people_person_auditor_alone",
                condition=~Q(roles__contains=[Role.AUDITOR.value]) | Q(roles=[Role.AUDITOR.value]),
            ),
            models.CheckConstraint(
                name="people_person_language_listed",
                condition=Q(language__in=[language.value for language in Language]),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_username(self) -> str:
        """Gives the name, as Django asks for it."""
        return self.name

    def natural_key(self) -> tuple[str]:
        """Gives what identifies somebody to a person."""
        return (self.name,)

    def has(self, role: Role) -> bool:
        """Tells whether this person may do that kind of work now."""
        return self.may_enter and role.value in self.roles

    @property
    def may_enter(self) -> bool:
        """Tells whether this person may sign in, or stay signed in."""
        return self.is_active and self.suspended_at is None

    @property
    def is_staff_member(self) -> bool:
        """Tells whether this person works here; an officer of an authority does not."""
        return self.may_enter and Role.OFFICER.value not in self.roles

    def get_session_auth_hash(self) -> str:
        """Gives what a session must carry; it changes when the salt does."""
        return salted_hmac("evenhand.people", self.session_salt, algorithm="sha256").hexdigest()

    def get_session_auth_fallback_hash(self) -> list[str]:
        """Gives none: a session of an older Django key is over."""
        return []


class Invitation(models.Model):
    """A link that lets one person enrol one passkey, once; only the link's hash is kept."""

    id = models.UUIDField(primary_key=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="invitations")
    token_hash = models.BinaryField(max_length=32, unique=True)
    invited_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="invitations_given"
    )
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"invitation {self.id}"


class Proposal(models.Model):
    """That somebody shall work here, or work as something else: two people say so.

    `sign_on` is the mailbox or subject at the operator's provider, for the second person to read;
    it is emptied when the proposal is settled.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(max_length=STAFF_NAME_CHARACTERS_MAX)
    roles = ArrayField(models.CharField(max_length=20))
    language = models.CharField(max_length=2)
    sign_on = models.CharField(max_length=SIGN_ON_CHARACTERS_MAX, blank=True, default="")
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="proposals")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="proposals_confirmed"
    )
    settled_at = models.DateTimeField(null=True)
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, related_name="admitted_by"
    )

    class Meta:
        """Two people, for a third one."""

        constraints: ClassVar = [
            models.CheckConstraint(
                name="people_proposal_two",
                condition=Q(confirmed_by=None, person=None)
                | Q(settled_at__isnull=False, person__isnull=False)
                & ~Q(confirmed_by=F("proposed_by"))
                & ~Q(person=F("proposed_by"))
                & ~Q(person=F("confirmed_by")),
            ),
            models.CheckConstraint(
                name="people_proposal_staff",
                condition=Q(
                    roles__contained_by=[role.value for role in Role if role is not Role.OFFICER]
                )
                & Q(roles__len__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"proposal {self.id}"


class SignOn(models.Model):
    """As whom the operator's provider knows a member of staff; keyed hashes alone are kept.

    Before the first sign-in it is what two people named, with an expiry; from then on it is the
    provider's own subject, and what was named is gone.
    """

    person = models.OneToOneField(
        Person, on_delete=models.PROTECT, primary_key=True, related_name="sign_on"
    )
    expected = models.BinaryField(max_length=32, null=True, unique=True)
    expires_at = models.DateTimeField(null=True)
    bound = models.BinaryField(max_length=32, null=True, unique=True)
    bound_at = models.DateTimeField(null=True)

    class Meta:
        """Either expected until a day, or bound."""

        constraints: ClassVar = [
            models.CheckConstraint(
                name="people_sign_on_one",
                condition=Q(expected__isnull=False, expires_at__isnull=False, bound=None)
                | Q(expected=None, expires_at=None, bound__isnull=False, bound_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"sign-on of {self.person_id}"


class SignatureRequest(models.Model):
    """A digest that one person was asked to sign; its nonce is used once."""

    id = models.UUIDField(primary_key=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="signature_requests")
    digest = models.BinaryField(max_length=32)
    nonce = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"signature request {self.id}"
