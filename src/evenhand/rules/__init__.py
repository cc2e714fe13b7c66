"""Rules: SQL booleans over signal columns, with a head that says whose they are and what for.

A rule file (`pack/rules/<id>.yaml`) is described in `docs/rules.md`, its language in
`rules/grammar.py`. In short:

    when:      columns of `signals/columns.py` and `matches_<list>`; AND, OR, NOT, comparisons,
               BETWEEN, IN, LIKE, IS [NOT] NULL, + - *, and the functions coalesce, abs, least,
               greatest. No division, no subqueries. NULL never fires.
    fixtures:  each is an event: `text`, `lang`, and any field of the event schema beside it
               (`kind`, `channel_kind`, `display_name`, `urls`, …; the default is a message in a
               public channel). `signals: {account_posts_10s: 40}` sets columns directly, for what
               one event alone cannot show.

A rule that proposes more than `hold` must need some evidence besides a model's score (columns
marked `evidence`), or it is refused when it is loaded.
"""
