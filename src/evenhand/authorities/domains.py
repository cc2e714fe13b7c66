"""Pure: is a mailbox's domain one of an authority's, or one made to be taken for it?

A look-alike is made by one of four tricks: signs that look alike (also in punycode), the true
name put before a foreign suffix (`police.example.kz.evil.test`), the true name below another top
level, and a slip of one or two letters.
"""

import re
import unicodedata
from collections.abc import Collection
from functools import cache

from tldextract import TLDExtract

from evenhand.authorities.limits import DOMAIN_CHARACTERS_MAX, LOOK_ALIKE_EDITS_MAX
from evenhand.authorities.lists import DomainMatch

LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
LABELS_MIN = 2

SHORT_CHARACTERS = 10
"""Characters below which one slip is as much as two in a long name."""

NAME_CHARACTERS_MIN = 4
"""Characters from which an authority's own label says enough to be imitated by itself."""

ALIKE = (
    "аa вb гr еe ёe зe іi їi јj кk қk мm нh ңh оo өo пn рp сc тt уy үy хx һh әe ԁd ԛq ԝw ѕs ӏl "
    "αa βb γy εe ηn ιi κk νv οo ρp τt υu χx ωw ıi łl øo đd 0o 1l 3e 5s 7t 8b 9g"
)
LIKE_LATIN = {ord(pair[0]): pair[1] for pair in ALIKE.split()}
"""Letters and digits that are taken for another letter, in the fonts of mail programs."""

PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("i", "l"))
"""What is taken for one letter; `i` and `l` are one, as capitals make them."""


def domain_of(mailbox: str) -> str:
    """Gives the normal form of a mail address's domain, "" if it has none."""
    local, at, domain = mailbox.strip().rpartition("@")
    return normal(domain) if local and at else ""


def normal(domain: str) -> str:
    """Gives a domain in lower case, with punycode read, "" if it is no domain."""
    text = unicodedata.normalize("NFKC", domain.strip()).casefold().removesuffix(".")
    labels = [_label(label) for label in text.split(".")]
    if len(text) > DOMAIN_CHARACTERS_MAX or len(labels) < LABELS_MIN:
        return ""
    return ".".join(labels) if all(LABEL.fullmatch(label) for label in labels) else ""


def is_public_suffix(domain: str) -> bool:
    """Tells whether names below a domain belong to many: gov.kz, police.uk, a hoster's own.

    By the public suffix list as it was installed, with its private part (publicsuffix.org).
    """
    text = normal(domain)
    return bool(text) and _suffixes()(text).suffix == text


@cache
def _suffixes() -> TLDExtract:
    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def match(domain: str, own: Collection[str]) -> DomainMatch:
    """Tells what a domain is to an authority's own domains."""
    asked, known = normal(domain), [normal(one) for one in own]
    if not asked:
        return DomainMatch.FOREIGN
    if asked in known:
        return DomainMatch.OWN
    if any(one and asked.endswith(f".{one}") for one in known):
        return DomainMatch.BELOW_OWN
    return DomainMatch.LOOK_ALIKE if look_alike_of(asked, known) else DomainMatch.FOREIGN


def look_alike_of(domain: str, own: Collection[str]) -> str:
    """Gives the one of an authority's domains that this one imitates, "" if none."""
    asked = normal(domain)
    if not asked:
        return ""
    known = [one for one in map(normal, own) if one]
    if any(asked == one or asked.endswith(f".{one}") for one in known):
        return ""
    return next((one for one in known if _imitates(asked, one)), "")


def skeleton(domain: str) -> str:
    """Gives what a domain looks like at a glance: one spelling for all that are alike."""
    plain = "".join(
        sign for sign in unicodedata.normalize("NFKD", domain) if not unicodedata.combining(sign)
    ).translate(LIKE_LATIN)
    for seen, taken in PAIRS:
        plain = plain.replace(seen, taken)
    return plain


def edits(left: str, right: str) -> int:
    """Gives the least number of letters put in, left out, changed or swapped with a neighbour."""
    before: list[int] = []
    last = list(range(len(right) + 1))
    for row, sign in enumerate(left, start=1):
        here = [row]
        for column, other in enumerate(right, start=1):
            cost = min(last[column] + 1, here[column - 1] + 1, last[column - 1] + (sign != other))
            swapped = (
                row > 1 and column > 1 and sign == right[column - 2] and left[row - 2] == other
            )
            here.append(min(cost, before[column - 2] + 1) if swapped else cost)
        before, last = last, here
    return last[-1]


def _imitates(asked: str, one: str) -> bool:
    seen, true = skeleton(asked), skeleton(one)
    if seen == true or seen.endswith(f".{true}"):
        return True
    if _joined(true) in _joined(seen):
        return True
    name = true.split(".")[0]
    if len(name) >= NAME_CHARACTERS_MIN and name in re.split(r"[.-]", seen):
        return True
    allowed = 1 if len(true) < SHORT_CHARACTERS else LOOK_ALIKE_EDITS_MAX
    return edits(seen, true) <= allowed


def _joined(domain: str) -> str:
    return domain.replace(".", "").replace("-", "")


def _label(label: str) -> str:
    """Gives a label with punycode read (RFC 3492); what cannot be read stays as it is."""
    if not label.startswith("xn--"):
        return label
    try:
        read = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    return unicodedata.normalize("NFKC", read).casefold()
