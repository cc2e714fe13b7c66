"""Limits of the actions room."""

ID_LENGTH_MAX = 255
"""Characters of an id of the messenger's: a Matrix id is at most 255 bytes."""

BATCH_DELIVERIES_MAX = 250
"""Deliveries that one durable workflow carries: workflows are dear, rows are cheap."""

ERRANDS_AT_ONCE_MAX = 10
"""Errands that one thread takes at a time: handing each over alone costs more than the twin."""

GARBAGE_OBJECTS_MIN = 50_000
"""New objects before the garbage collector looks at them: more than one batch makes."""

BATCHES_UNDER_WAY_MAX = 4
"""Batches that are carried out side by side: more would only wait for the messenger."""

ATTEMPTS_MAX = 8
"""Times an effect is tried while the messenger answers but does not show it."""

UNREACHABLE_HOURS_MAX = 72
"""Hours for which a messenger that does not answer is waited for."""

BACK_OFF_SECONDS_MIN = 0.5
"""Seconds before the second attempt; doubled at each further one."""

BACK_OFF_SECONDS_MAX = 60.0
"""Seconds between attempts at most while the messenger answers."""

UNREACHABLE_SECONDS_MAX = 10.0
"""Seconds between attempts at most while it does not: work goes on soon after it is back."""

UNREACHABLE_QUICK_ATTEMPTS = 90
"""Attempts made at that pace, a quarter of an hour; after them it is asked less often."""

UNREACHABLE_SLOW_SECONDS = 300.0
"""Seconds between attempts at a messenger that has been away for long."""

UNREACHABLE_IN_A_ROW_MAX = 3
"""Calls in one batch that find nobody before the rest of the batch waits untried."""

REASON_CHARACTERS_MAX = 2_000
"""Characters of the sentence that says why."""

ORIGIN_CHARACTERS_MAX = 320
"""Characters of a decision's origin: a prefix and an id."""

TERRITORIES_MAX = 249
"""Countries in one territory: as many as ISO 3166-1 lists."""

HISTORY_ROWS_MAX = 20
"""Actions of an account's or channel's history on a page; the list of actions has them all."""
