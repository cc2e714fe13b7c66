"""Limits of the search, each with its reason."""

QUERY_CHARACTERS_MAX = 512
"""Characters of a query: ten times a long question; what is longer is no query of a person."""

QUERY_WORDS_MAX = 48
"""Words of a query that are looked for; the rarest are taken."""

QUERY_GRAMS_MAX = 32
"""Character n-grams of a query that are looked for, the rarest first: each costs a list."""

NAME_CHARACTERS_MAX = 255
"""Characters of the id of a room: the Matrix limit."""

MEMBERS_MAX = 1_000_000_000
"""Members up to which a filter may ask: more than any messenger has."""

WORD_CHARACTERS_MAX = 64
"""Characters of a word that become terms: what is longer is a code or an address."""

MARKS_MAX = 4
"""Marks on one letter that are kept: no script writes more."""

TEXT_CHARACTERS_MAX = 8_192
"""Characters of one item that are indexed; the Matrix limit of an event is 64 KiB."""

HITS_MAX = 500
"""Hits of one query on all its pages: nobody reads on, and the token names those shown."""

PAGE_HITS_MAX = 100
"""Hits of one page."""

CLOSER_HITS = 50
"""Candidates whose text is looked at: how near the words of the query stand to each other."""

ROUNDS_MAX = 6
"""Times that more candidates are fetched because what was found may not be seen."""

CANDIDATES_MAX = 2_000
"""Candidates of one round."""

TOKEN_CHARACTERS_MAX = 4_096
"""Characters of a paging token: 500 hits of four bytes, sealed."""

WRITER_BYTES = 128_000_000
"""Memory in which the index gathers what is new before it writes a segment."""
