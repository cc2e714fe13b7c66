"""Limits of the door, each with its reason; reaching one is counted and shown in `/metrics`."""

from datetime import timedelta

HEADER_BYTES_MAX = 16_384
"""Bytes of a request's head: Synapse sends a few hundred."""

CONNECTIONS_MAX = 512
"""Open connections: Synapse keeps a handful, each of its workers too."""

WAITING_EVENTS_MAX = 2_048
"""Events that wait for the screening thread; beyond it the budget could not be kept."""

VERDICTS_KEPT = 16_384
"""Verdicts of the latest events: one that passed too late is swept a few seconds afterwards."""

REST_SECONDS = 0.0002
"""Seconds after a batch for each of its events: so long the other thread takes to answer one and
read the next. To screen on meanwhile would hold these answers up, for a batch of one or two."""

REST_SECONDS_MAX = 0.004
"""Seconds of such a rest at most: below half of the goal of 10 ms."""

SCREEN_ROWS_MAX = 256
"""Events screened together: more would make the first of them wait too long."""

BUDGET_MS = 300
"""Milliseconds until an event passes unscreened: below the module's own budget of 400."""

LOOKUP_SECONDS_MAX = 0.15
"""Seconds for one question to Synapse's admin API while a sender waits."""

LOOKUP_THREADS = 4
"""Questions to Synapse at the same time."""

IDLE_SECONDS_MAX = 120.0
"""Seconds that a kept connection may be silent."""

REQUEST_SECONDS_MAX = 10.0
"""Seconds for the rest of a request once its first byte is there."""

CHANNEL_FACTS_SECONDS = 300.0
"""Seconds that the facts of a channel are believed: a join rule may change."""

CHANNELS_KEPT = 100_000
"""Channels whose facts are kept."""

ACCOUNTS_KEPT = 200_000
"""Accounts whose date of creation is kept."""

MEDIA_KEPT = 200_000
"""Files whose hash is kept until the event that posts them; older ones are asked of Synapse."""

MEDIA_READ_BYTES_MAX = 64 * 2**20
"""Bytes of a file that the door reads for its hashes, where it did not see the upload: above what
Synapse takes by default (50 MB)."""

MEDIA_READ_SECONDS_MAX = 0.1
"""Seconds that a sender waits for that: with the question before it, less than the budget."""

MEDIA_READ_AGAIN_SECONDS = 300.0
"""Seconds until a file that could not be read is read again."""

MEDIA_READ_WAITING_MAX = 64
"""Files that wait to be read like that; beyond it their SHA-256 alone counts."""

MEDIA_AT_ONCE_MAX = 4
"""Files that are read and looked at together: a quarter of a gigabyte at most."""

MEDIA_JUDGED_WAITING_MAX = 16
"""Files that wait to be read beyond which none is read to be judged: hashes come first."""

MEDIA_STORED_SECONDS = (0.1, 0.5, 2.0)
"""Pauses before an uploaded picture is asked for: Synapse stores it once the door has answered."""

MEDIA_LATE_SECONDS_MAX = 30.0
"""Seconds that what a picture shows may come after the event that posted it."""

ANSWERED_KEPT = 200_000
"""Event ids that the sweep need not screen again: many times what comes between two sweeps."""

FLUSH_SECONDS = 5.0
"""Seconds between two entries of counters in the journal."""

SNAPSHOT_SECONDS = 0.25
"""Seconds until the door looks again for what the worker blocked: below what a person notices."""

SWEEP_SECONDS = 60.0
"""Seconds between two sweeps where nothing says that something was missed: what lies between the
last one and a crash is screened once more."""

LATE_MAX = timedelta(minutes=5)
"""How old an event may say it is when it arrives; another homeserver writes what it likes."""

STRINGS_PER_EVENT_MAX = 64
"""Pieces of text taken from one event."""

DIRECTORY_SECONDS_MAX = 30.0
"""Seconds for one question of the directory proxy to Synapse: another server may have to be asked
for its directory."""

DIRECTORY_WAITING_MAX = 64
"""Questions of the directory proxy to Synapse at the same time; more wait."""

DIRECTORY_ANSWER_BYTES_MAX = 16 * 2**20
"""Bytes of one answer that the directory proxy reads: a directory of some 20,000 rooms."""

DIRECTORY_PAGES_MAX = 20
"""Pages asked of Synapse to fill one page of the directory again after something was hidden."""

ASKERS_KEPT = 10_000
"""Tokens (as hashes) whose account the directory proxy remembers."""

ASKERS_SECONDS = 30.0
"""Seconds that a token is believed to be an account's; Synapse itself checks it every time."""
