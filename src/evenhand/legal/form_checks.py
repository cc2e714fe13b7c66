"""Pure: what is wrong with a request, an answer or a reason as it was written."""

from collections.abc import Collection, Mapping
from typing import assert_never

from evenhand.legal.drafts import MatterDraft, SubstanceAnswers
from evenhand.legal.facts import DISCLOSING, QUESTIONNAIRE
from evenhand.legal.limits import (
    FIELD_CHARACTERS_MAX,
    FIELDS_MAX,
    IDENTIFIERS_MAX,
    REASON_CHARACTERS_MAX,
    REASON_CHARACTERS_MIN,
)
from evenhand.legal.lists import (
    Authenticity,
    Finding,
    Substance,
)
from evenhand.markets.entries import RequestKind


def check_reason(reason: str) -> list[Finding]:
    """Gives what is wrong with a reason."""
    if len(reason.strip()) < REASON_CHARACTERS_MIN:
        return [Finding.REASON_MISSING]
    return [Finding.TOO_LONG] if len(reason) > REASON_CHARACTERS_MAX else []


def check_receipt(draft: MatterDraft, kind: RequestKind) -> tuple[Finding, ...]:
    """Gives what keeps a request from being received; what is only missing is asked for later."""
    found = []
    if draft.officer is None and draft.entered_by is None:
        found.append(Finding.OFFICER_MAY_NOT_FILE)
    if not draft.identifiers:
        found.append(Finding.IDENTIFIER_MISSING)
    if kind.kind in DISCLOSING and not draft.categories:
        found.append(Finding.CATEGORY_MISSING)
    if draft.emergency and not questionnaire_complete(draft.fields):
        found.append(Finding.QUESTIONNAIRE_INCOMPLETE)
    if len(draft.identifiers) > IDENTIFIERS_MAX:
        found.append(Finding.TOO_LONG)
    return without_twins([*found, *check_fields(draft.fields, kind)])


def check_fields(fields: Mapping[str, str], kind: RequestKind) -> tuple[Finding, ...]:
    """Gives what is wrong with the fields of a request, or of an answer about it."""
    found = list(check_names(fields, kind))
    if any(len(value) > FIELD_CHARACTERS_MAX for value in fields.values()):
        found.append(Finding.TOO_LONG)
    return without_twins(found)


def check_names(names: Collection[str], kind: RequestKind) -> tuple[Finding, ...]:
    """Gives what is wrong with names of fields: they go into the log, so that the law names them.

    Any other name is somebody's own text, and could hold anything.
    """
    known = {*kind.mandatory_fields, *kind.conditional_fields, *QUESTIONNAIRE}
    found = [Finding.FIELD_UNKNOWN] if set(names) - known else []
    return (*found, *([Finding.TOO_LONG] if len(names) > FIELDS_MAX else []))


def questionnaire_complete(fields: Mapping[str, str]) -> bool:
    """Tells whether an emergency says who, what danger, when, and how this helps."""
    return all(len(fields.get(name, "").strip()) >= REASON_CHARACTERS_MIN for name in QUESTIONNAIRE)


def missing_fields(kind: RequestKind, fields: Mapping[str, str]) -> tuple[str, ...]:
    """Gives the mandatory fields that a request leaves empty: reason to ask, not to refuse."""
    return tuple(name for name in kind.mandatory_fields if not fields.get(name, "").strip())


def check_validation(
    authenticity: Authenticity, *, document_trusted: bool, called_back: bool, on_paper: bool
) -> tuple[Finding, ...]:
    """Gives why a sender is not proved; a mailbox proves nobody."""
    match authenticity:
        case Authenticity.NONE:
            return (Finding.NOT_AUTHENTIC,)
        case Authenticity.SIGNATURE:
            return () if document_trusted else (Finding.NOT_AUTHENTIC,)
        case Authenticity.CALL_BACK:
            return () if called_back else (Finding.CALL_BACK_MISSING,)
        case Authenticity.SERVED:
            return () if on_paper else (Finding.NOT_AUTHENTIC,)
        case _:
            assert_never(authenticity)


def check_substance(answers: SubstanceAnswers) -> tuple[Finding, ...]:
    """Gives what is missing of the answers to the questions of substance."""
    found = check_reason(answers.reason)
    if set(answers.answers) != set(Substance):
        found.append(Finding.SUBSTANCE_UNANSWERED)
    return tuple(found)


def without_twins(found: list[Finding]) -> tuple[Finding, ...]:
    """Gives findings once each, in their order."""
    return tuple(dict.fromkeys(found))
