"""Limits of the room, each with its reason."""

from datetime import timedelta

OBJECTION_CHARACTERS_MAX = 4_000
"""Characters of an objection: two pages, and far below a request body's limit in any script."""

MESSAGE_CHARACTERS_MAX = 2_000
"""Characters of one message of the talk about an appeal: one page."""

MESSAGES_MAX = 40
"""Messages of either side in one talk: more is no longer a question about a decision."""

WINDOW_MONTHS = 6
"""Months in which an appeal is taken, from the day on which the person was told (DSA Art. 20)."""

ANSWER_TIME = timedelta(days=14)
"""The time that a person is given for answering a question; after it the reviewer may decide."""

REMINDER_AFTER = timedelta(days=7)
"""After this a question that nobody answered is asked a second time, once."""

NOTICE_ATTEMPTS_MAX = 50
"""Times that a notice is tried before it counts as undeliverable; a day of tries, by the pause."""

NOTICE_PAUSE = timedelta(minutes=30)
"""Between two attempts at a notice that the messenger did not take."""

SWEEP_ROWS_MAX = 100
"""Rows that one sweep looks at."""

HANDLED_EVENTS_MAX = 1_000
"""Messages remembered as acted on since the last kept place: more than one look brings."""

TALK_MESSAGES_MAX = 20
"""Messages of one account that are answered in one window: a person in a hurry."""

TALK_WINDOW = timedelta(minutes=10)
"""That window."""

DECISIONS_LISTED_MAX = 5
"""Decisions that the desk's account lists: the latest, that fit on a small screen."""

LANGUAGE_CHARACTERS_MIN = 20
"""Characters from which on a text's language is guessed: fewer mislead."""
