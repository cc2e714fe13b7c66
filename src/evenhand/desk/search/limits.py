"""Limits of the search's pages, each with its reason."""

HITS_PER_PAGE = 20
"""Hits of one page; each has its place on it, and a reader's patience."""

API_HITS_MAX = 50
"""Hits of one page of the API."""

SUGGESTIONS_SHOWN_MAX = 8
"""Suggestions below the field: more are not read."""

PREFIX_CHARACTERS_MAX = 100
"""Characters of what is completed while somebody types."""

ROOM_ID_CHARACTERS_MAX = 255
"""Bytes of an id (Matrix specification, appendix "Identifier grammar")."""

MEMBERS_MAX = 2**31 - 1
"""Members that a filter can name: more than there are people who could join."""

SEARCHES_MAX = 1_200
"""Queries of one network in one window, two in a second: many people may share an address."""

SUGGESTS_MAX = 6_000
"""Completions of one network in one window: one for each key that is pressed."""

EXCERPT_CHARACTERS_MAX = 320
"""Characters of a post or a topic on its card: three or four lines."""

EXCERPT_LEAD_CHARACTERS = 60
"""Characters that stand before the first word found, so that it is read in its sentence."""

MARKS_MAX = 50
"""Words marked in one excerpt."""
