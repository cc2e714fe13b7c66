"""Limits of the access for programs, each with its reason."""

from datetime import timedelta

TOKENS_MAX = 5
"""Living tokens of one officer: one for each program, and a spare to change over."""

TOKEN_LIFE = timedelta(days=90)
"""For which a token works: as long as an officer counts as verified."""

TOKEN_NAME_CHARACTERS_MAX = 80
"""Characters of what an officer calls a program."""

FILING_KEY_CHARACTERS_MAX = 100
"""Characters of the key under which a program files: more than a UUID with a word before it."""

WEBHOOKS_MAX = 3
"""Addresses of one officer that are told of changes."""

URL_CHARACTERS_MAX = 500
"""Characters of such an address."""

ATTEMPTS_MAX = 9
"""Times that a message is sent before it is given up: a day and a half of pauses."""

PAUSE_FIRST = timedelta(minutes=5)
"""Pause after the first failure; each further one is twice as long."""

SWEEP_ROWS_MAX = 50
"""Messages that one sweep sends."""

USED_EVERY = timedelta(minutes=5)
"""How exactly it is kept when a token was last used: not one write for every call."""
