"""Limits of the legal room, each with its reason."""

from datetime import timedelta

from evenhand.markets.entries import Span

REASON_CHARACTERS_MIN, REASON_CHARACTERS_MAX = 4, 2_000
"""Characters of a reason: more than a sign; as much as an action's reason may hold."""

QUESTION_CHARACTERS_MAX = 4_000
"""Characters of a question to the authority, or of its answer."""

FIELDS_MAX = 64
"""Fields of one request: no regime asks for more than thirty."""

FIELD_CHARACTERS_MAX = 10_000
"""Characters of one field: a reasoned order cites and argues."""

IDENTIFIERS_MAX = 100
"""Identifiers in one request: more is a bulk request, which is split or refused."""

OWN_TARGET = timedelta(hours=24)
"""The desk's own target where the law says only "without undue delay"."""

EMERGENCY_TARGET = timedelta(hours=1)
"""The desk's own target for an emergency."""

AFTER_REVIEW = timedelta(hours=24)
"""Within which a third person looks at an emergency that was answered."""

CONFIRMATION = timedelta(days=5)
"""Within which an authority's head office confirms a delivery (regimes.md section 16, no. 13)."""

WINDOW = timedelta(days=10)
"""The enforcing authority's time to refuse (Regulation (EU) 2023/1543 Art. 10(2))."""

DISCLOSURE_KEPT = timedelta(days=14)
"""For which a sealed package waits for its officer."""

IDENTIFIERS_KEPT = timedelta(days=183)
"""For which a closed matter keeps what the request named: the six months of DSA Art. 20(1)."""

NOTICE_REVIEW = timedelta(days=90)
"""After which a forbidden or delayed notice is looked at again."""

DELAY_WITHOUT_RULE_MAX = timedelta(days=90)
"""The longest delay of a notice where the regime names none (18 U.S.C. 2705 sets the measure)."""

SWEEP_ROWS_MAX = 200
"""Rows that one sweep changes in one transaction."""

SAMPLE_SHARE = 0.05
"""Share of a month's disclosures drawn for independent review."""

SAMPLE_MIN = 5
"""Disclosures drawn for review at least, if there were as many."""

URGENT = timedelta(hours=3)
"""A deadline so short that the people on call are paged when the matter arrives (TCO: one hour)."""

NOTICE_ATTEMPTS_MAX = 50
"""Times that a notice is tried before it counts as undeliverable; a day of tries, by the pause."""

NOTICE_PAUSE = timedelta(minutes=30)
"""Between two attempts at a notice that the messenger did not take."""

ASK_BEFORE = timedelta(days=7)
"""Before the end of a delay the authority is reminded that the user will then be told."""

DEFAULT_PRESERVATION = Span(time=timedelta(days=90))
"""How long is preserved where the law names no time (18 U.S.C. 2703(f) sets the measure)."""

ASKING_LINK = timedelta(days=90)
"""How long the link of a notice answers whether its account was concerned: long enough to find
time and help, short enough that a forwarded notice does not tell of an account for ever."""

EXTENSIONS_MAX = 1
"""Times that a preservation is extended: each law here that knows an extension knows one."""

VAULT_ANSWER_BYTES_MAX = 64 * 1024 * 1024
"""Bytes of what key holders bring back: 200,000 rows, twice, in base64, with room to spare."""

PROTECTED_DAYS_MAX = 731
"""Days for which a protected target is kept at most: who still is what they were is asked anew."""
