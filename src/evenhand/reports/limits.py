"""Limits of the reports room."""

from datetime import timedelta

TEXT_CHARACTERS_MAX = 10_000
"""Characters of a report's reasons: five pages; a notice has to be substantiated, not a book."""

NAME_CHARACTERS_MAX = 200
"""Characters of a name or an organisation."""

MAILBOX_CHARACTERS_MAX = 254
"""Characters of a mail address (RFC 5321 lets no longer path be sent to)."""

PLACE_CHARACTERS_MAX = 2_000
"""Characters of the exact place: browsers and proxies pass no much longer address."""

ABOUT_CHARACTERS_MAX = 320
"""Characters of what a report is about: a Matrix id of 255 bytes and its kind."""

ORIGIN_CHARACTERS_MAX = 320
"""Characters of what makes a report the same one when it comes again."""

RECEIPT_DIGITS = 16
"""Digits of a receipt code: 10^16 codes, and few tries a minute from one network."""

CONTACT_DAYS = timedelta(days=183)
"""How long the way to a reporter is kept after the answer: the six months of DSA Art. 20(1)."""

NETWORK_DAYS = timedelta(days=7)
"""How long the keyed hash of a report's network is kept: a wave of reports lasts days."""

REPORTER_DAYS = timedelta(days=730)
"""How long a reporter is recognised after the last report: Art. 23(2) looks at what is frequent,
and two years show it."""

NUMBERS_READ_AGAIN = 100
"""Numbers below the greatest one among which a report of the messenger's is still looked for: two
transactions that run side by side commit in any order, seconds apart."""

SLOW_AT_ONCE_MAX = 1
"""Reports that come out of the slow queue at one look, of each way in: six a minute. It takes those
without proof of work."""

SLOW_QUEUE_MAX = 2_000
"""Reports of one way in that wait in the slow queue before it refuses more: half a day of its
pace."""

AREAS_MAX = 50
"""Areas of expertise of one trusted flagger."""

FLAGGER_YEARS_MAX = 10
"""Years for which a trusted flagger is entered at most before two people look again."""

PRK_BYTES = 32
"""Bytes that open one message of an encrypted room; more would open others too."""

CASE_SEVERITY_UNSAID = 2
"""Severity of a case whose reporter did not say what it is: neither the mildest nor grave."""

DUE_TRUSTED = timedelta(hours=24)
"""Within which a trusted flagger's notice is to be decided: our own target; DSA Art. 22(1) says
with priority and without undue delay."""

DUE_REFERRAL = timedelta(hours=24)
"""The same for what an authority refers."""

DUE_GRAVE = timedelta(hours=24)
"""The same where somebody's life or safety may be at stake (severity 4; DSA Art. 18)."""

DUE_NOTICE = timedelta(days=3)
"""The same for other notices: our own target; DSA Art. 16(6) says timely."""

DUE_USER = timedelta(days=7)
"""The same for users' reports."""

TELL_ATTEMPTS_MAX = 12
"""Times an outcome is tried to be told; the follow page shows it in any case."""

TELL_PAUSE = timedelta(minutes=10)
"""Between two attempts, doubled each time: twelve attempts take four weeks."""

SWEEP_ROWS_MAX = 200
"""Rows of one sweep's transaction."""

COMPARED_MAX = 500
"""Latest reports of one thing that a new one is compared with."""

COMPARED_WITHIN = timedelta(days=7)
"""Age of the reports that a new one is compared with: as long as networks are known."""

ROWS_PER_PAGE = 50
"""Reports on one page of a list."""

PROOF_DAYS = timedelta(days=7)
"""For how long a homeserver that does not answer is waited for: so long Synapse keeps the
original of a redacted event."""

ADMIT_SECONDS = 10.0
"""Seconds between two looks at the slow queue: where nobody waits, a report waits no longer."""

XARF_DEPTH_MAX = 20
"""Objects within objects in a report in XARF: the format's own are six deep."""

FINDINGS_MAX = 10
"""Faults named at most of one report in XARF."""
