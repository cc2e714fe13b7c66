"""Pure: the one text of what is released, whose SHA-256 an approver's passkey signs.

JSON with sorted keys and without blanks (RFC 8785 for the types used here: texts, integers, lists,
objects; no fractions). Who reads the kept text can compute the digest and check the signature.
"""

import hashlib
import json
from collections.abc import Mapping
from uuid import UUID

from evenhand.actions.drafts import Measure
from evenhand.actions.ports import Target
from evenhand.base.lists import ActionKind, TargetKind
from evenhand.legal.answers.facts import FurtherGround
from evenhand.legal.drafts import Plan
from evenhand.legal.lists import PlanKind
from evenhand.legal.ports import DataClass
from evenhand.markets.lists import Refusal

Json = Mapping[str, object]


def digest_of(text: Json) -> bytes:
    """Gives the SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(text)).digest()


def canonical(text: Json) -> bytes:
    """Gives the canonical form of what is signed."""
    return json.dumps(
        text, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def release_text(
    *,
    matter: str,
    number: str,
    entry: str,
    regime_version: str,
    authority: str,
    plan: Json,
    package: Json | None,
) -> dict[str, object]:
    """Gives what is signed: whose request, under what, and exactly what is done or given."""
    return {
        "version": 1,
        "matter": matter,
        "number": number,
        "entry": entry,
        "regime_version": regime_version,
        "authority": authority,
        "plan": dict(plan),
        "package": None if package is None else dict(package),
    }


def package_text(
    *, disclosure: str, officer: str, recipient: str, sha256: bytes, manifest: Json
) -> dict[str, object]:
    """Gives what is signed of a package: its sealed bytes, for whom, and what it counts."""
    return {
        "disclosure": disclosure,
        "officer": officer,
        "recipient": recipient,
        "sha256": sha256.hex(),
        "manifest": dict(manifest),
    }


def plan_json(plan: Plan) -> dict[str, object]:
    """Gives a plan as it is kept and signed."""
    source = {} if plan.preservation is None else {"preservation": str(plan.preservation)}
    return {
        **source,
        "kind": plan.kind.value,
        "answer": plan.answer,
        "measures": [_measure_json(measure) for measure in plan.measures],
        "accounts": sorted(plan.accounts),
        "want": sorted(one.value for one in plan.want),
        "harm": plan.harm,
        "notified": sorted(plan.notified),
        "ground": plan.ground.value if plan.ground else "",
    }


def plan_of(kept: Mapping[str, object]) -> Plan:
    """Gives back the plan that was kept."""
    measures, accounts, want = kept["measures"], kept["accounts"], kept["want"]
    notified, ground = kept["notified"], str(kept["ground"])
    assert isinstance(measures, list)
    assert isinstance(accounts, list)
    assert isinstance(want, list)
    assert isinstance(notified, list)
    return Plan(
        kind=PlanKind(str(kept["kind"])),
        answer=str(kept["answer"]),
        measures=tuple(_measure_of(measure) for measure in measures),
        accounts=tuple(str(account) for account in accounts),
        want=frozenset(DataClass(one) for one in want),
        harm=str(kept["harm"]),
        notified=tuple(str(account) for account in notified),
        ground=_ground_of(ground),
        preservation=UUID(str(kept["preservation"])) if kept.get("preservation") else None,
    )


def _ground_of(code: str) -> Refusal | FurtherGround | None:
    """Gives the ground of a code: the law's own, or a further one."""
    if not code:
        return None
    return Refusal(code) if code in set(Refusal) else FurtherGround(code)


def _measure_json(measure: Measure) -> dict[str, object]:
    target = measure.target
    return {
        "kind": measure.kind.value,
        "target": {
            "kind": target.kind.value,
            "account": target.account,
            "channel": target.channel,
            "event": target.event,
            "media": target.media,
        },
        "territory": sorted(measure.territory),
    }


def _measure_of(kept: Mapping[str, object]) -> Measure:
    target, territory = kept["target"], kept["territory"]
    assert isinstance(target, dict)
    assert isinstance(territory, list)
    return Measure(
        kind=ActionKind(str(kept["kind"])),
        target=Target(
            kind=TargetKind(target["kind"]),
            account=target["account"],
            channel=target["channel"],
            event=target["event"],
            media=target["media"],
        ),
        territory=tuple(territory),
    )
