"""Limits of the pages on rules."""

SAMPLE_SHOWN_MAX = 12
"""Sample events that the editor shows: as many as a person reads while writing."""

GLANCE_SECONDS = 1.0
"""Seconds of history that the button "Check" reads: a person waits for it."""

BACKTEST_SECONDS = 15.0
"""Seconds that a backtest of the desk reads; the command reads everything."""

HITS_DAYS = 7
"""Days over which the list counts what rules decided."""

BARS_SHOWN_MAX = 12
"""Rows of one table of a backtest; the rest is counted together."""

DAYS_SHOWN_MAX = 366
"""Days of a chart in which days without a hit stand too; over more, only days with one do."""
