"""Limits of the room."""

REASON_CHARACTERS_MAX = 1_000
"""Characters of the reasons that a person gives for closing a case."""

CASES_PER_PAGE = 50
"""Cases on one page of the console."""

SIMILAR_CASES_MAX = 20
"""Similar cases beside a case: what one looks at before deciding."""

ABOUT_CHARACTERS_MAX = 320
"""Characters of what a case is about: a prefix and an id of the messenger's."""

QUEUE_NAME_CHARACTERS_MAX = 48
"""Characters of a queue's name: it stands in a menu."""

CLAIM_MINUTES = 20
"""Minutes that a claim lasts after the last work on the case: a long case, or a short break."""

HANDED_OVER_HOURS = 8
"""Hours for which a case waits for whom it was handed to; then anybody may take it."""

NOTE_CHARACTERS_MAX = 4_000
"""Characters of a note: two pages."""

SERVE_HOURS = {1: 72, 2: 24, 3: 8, 4: 1}
"""Hours within which somebody should look, by severity. The illegal and urgent within the hour
(Regulation (EU) 2021/784 Art. 3(3) gives an order one hour), unwanted advertising within days.
"""

SERVE_SPEEDS_MAX = 10.0
"""Times by which reach shortens those hours at most: what a crowd sees is looked at first."""

CASES_CLAIMED_MAX = 25
"""Cases that one person holds at a time: more could not be worked on within a claim."""

SEALED_OPENED_PER_DAY_MAX = 40
"""Grave or sealed things that one person opens in a day. No study gives a number; teams that look
at the worst limit it, and the operator may set it lower.
"""

OPENED_BEFORE_BREAK = 12
"""Grave or sealed things after which a break is suggested: about an hour's work."""

GRAVE_SEVERITY = 4
"""From here on a thing counts against what a person may open in a day."""

COUNTRIES_MAX = 60
"""Countries that one decision names: more is the world with exceptions, which nobody reads."""

BULK_CASES_MAX = 5_000
"""Cases of one bulk decision: one raid; more is two of them."""

BULK_SAMPLE_MIN = 5
"""Cases that are decided one by one before a bulk decision, at least; all, if they are fewer."""

BULK_SAMPLE_SHARE = 0.05
"""Share of a bulk's cases in its sample."""

BULK_SAMPLE_MAX = 60
"""Cases in a sample at most: if 60 of 60 are right, fewer than one in twenty is wrong (95 %)."""

BULK_CASES_PER_TRANSACTION = 100
"""Cases of a bulk that are decided in one transaction: what a kill can undo at most."""

SECOND_LOOK_SHARE = 0.05
"""Share of closed cases that somebody else looks at again, where no harm is named below."""

SECOND_LOOK_SHARES = {"m.violence.extremist": 0.25, "m.harassment.hate": 0.15, "m.spam": 0.02}
"""Shares by harm: more where decisions are grave or contested, less where they are alike."""

SECOND_LOOK_HOURS = 72
"""Hours within which a second look should be taken: soon enough to put a mistake right."""

LABEL_ROWS_PER_GROUP = 5_000
"""Labels in one row group of a Parquet file: a few megabytes in memory."""

GOLDEN_SHARE = 0.03
"""Share of claims that give a golden case: one in a day's work of a few dozen."""

STAGE_CHARACTERS_MAX = 4_000
"""Characters of a text that the second stage is shown: its point stands in them or nowhere."""

STAGE_PER_DAY = 1_000
"""Texts that the second stage is sent a day, unless the operator says otherwise."""

STAGE_AT_ONCE_MAX = 10
"""Cases that one turn of the worker asks about: a slow engine holds nothing else up."""

STAGE_CASE_HOURS_MAX = 6
"""Hours after which nobody asks about a case any more: people have it in hand."""

STAGE_KNOWN_DAYS = 7
"""Days for which the answer about a text stands for the same text again."""
