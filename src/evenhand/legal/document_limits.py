"""Limits on documents that others send, each with its reason."""

BYTES_MAX = 20_000_000
"""Bytes of one document: a scanned order of forty pages has about ten million."""

OBJECTS_MAX = 50_000
"""Objects in one document: an order of a hundred pages has a few thousand."""

PAGES_MAX = 500
"""Pages beyond which a document is not an order but an archive; it is still checked."""

PAGES_READ_MAX = 40
"""Pages whose text and pictures are read: what an order asks stands at its beginning."""

TEXT_CHARACTERS_MAX = 100_000
"""Characters of text kept for comparison with the form."""

SIGNATURES_MAX = 8
"""Signatures checked: issuer, validator, clerk and their time stamps; each costs a comparison."""

REVISIONS_MAX = 40
"""Times a document may have been saved on top of itself: each is compared with the others."""

PICTURES_MAX = 32
"""Pictures hashed in one document."""

PICTURE_PIXELS_MAX = 4_000_000
"""Pixels of a picture that is decoded: a seal has far fewer, a scanned page far more."""

PICTURE_PIXELS_MIN = 32 * 32
"""Pixels below which a picture is a line or a bullet, alike in all documents."""

NAME_CHARACTERS_MAX = 300
"""Characters kept of a name or a producer that the document gives itself."""

CPU_SECONDS_MAX = 20
"""Seconds of work that the reading process may spend: ordinary documents need less than two."""

WALL_SECONDS_MAX = 180
"""Seconds after which the reading process is ended though it has not spent its work: the machine
has too much to do, and whoever sent the document is asked to try again."""

MEMORY_BYTES_MAX = 1_500_000_000
"""Bytes of address space of the reading process; what unpacks to more is refused."""

REPORT_BYTES_MAX = 4_000_000
"""Bytes of a report that are read back from that process."""

NESTING_MAX = 12
"""Depth to which an object is searched; orders nest four deep."""

FORMS_DEPTH_MAX = 3
"""Depth to which drawings inside drawings are searched for pictures."""

CONTRAST_MIN = 8
"""Difference between the darkest and the lightest spot below which a picture shows nothing."""

CITATION_CHARACTERS_MAX = 4_000
"""Characters of a citation or of a story in which a statute or a danger is looked for."""
