"""The door to the only writers of the legal room, each idea in a module named `…_steps.py`.

A step locks the matter, asks the checks, writes, and leaves a line of history and a record, in
one transaction. `by` is the person who acts, `now` the moment; ports come in as arguments.
"""

from evenhand.legal.answer_steps import give_answer
from evenhand.legal.clock_steps import sweep_clocks
from evenhand.legal.disclosure_steps import (
    HandedOut,
    begin_copy_release,
    collected,
    confirm_delivery,
    hand_out,
    looked_up,
    prepare_copy,
    release_copy,
    sweep_disclosures,
    tell_head_offices,
)
from evenhand.legal.matter_steps import (
    ask,
    assess,
    assign,
    close,
    complete,
    hand_over,
    note_referred,
    note_review,
    take,
    validate,
    vote,
    withdraw,
)
from evenhand.legal.notice_steps import (
    decide_notice,
    lift_gag,
    sweep_gags,
    sweep_notices,
)
from evenhand.legal.oversight_steps import (
    Revealed,
    acknowledge_danger,
    draw_sample,
    forget_identifiers,
    report_danger,
    reveal_identifiers,
    review_sample,
)
from evenhand.legal.preservation_steps import (
    extend_preservation,
    hold_preservation,
    lift_hold,
    preserved,
    sweep_preservations,
)
from evenhand.legal.protection_steps import confirm_protection, end_protection, protect
from evenhand.legal.receipt_steps import receive
from evenhand.legal.release_steps import (
    after_review,
    begin_release,
    conclude,
    note_window,
    prepare,
    release,
    return_plan,
)
from evenhand.legal.scrutiny_steps import begin_scrutiny, end_scrutiny
from evenhand.legal.suspicion_steps import call_about
from evenhand.legal.vault_steps import bring_from_vault, take_task

__all__ = [
    "HandedOut",
    "Revealed",
    "acknowledge_danger",
    "after_review",
    "ask",
    "assess",
    "assign",
    "begin_copy_release",
    "begin_release",
    "begin_scrutiny",
    "bring_from_vault",
    "call_about",
    "close",
    "collected",
    "complete",
    "conclude",
    "confirm_delivery",
    "confirm_protection",
    "decide_notice",
    "draw_sample",
    "end_protection",
    "end_scrutiny",
    "extend_preservation",
    "forget_identifiers",
    "give_answer",
    "hand_out",
    "hand_over",
    "hold_preservation",
    "lift_gag",
    "lift_hold",
    "looked_up",
    "note_referred",
    "note_review",
    "note_window",
    "prepare",
    "prepare_copy",
    "preserved",
    "protect",
    "receive",
    "release",
    "release_copy",
    "report_danger",
    "return_plan",
    "reveal_identifiers",
    "review_sample",
    "sweep_clocks",
    "sweep_disclosures",
    "sweep_gags",
    "sweep_notices",
    "sweep_preservations",
    "take",
    "take_task",
    "tell_head_offices",
    "validate",
    "vote",
    "withdraw",
]
