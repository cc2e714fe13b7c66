r"""Signals: columns computed from batches of events, one module per kind of evidence.

Patterns (`rules/pack/patterns/<list>.yaml`) are looked for in views of the text:

    raw         as it was written
    normalised  NFKC, case folded, invisible characters removed, white space single; where look-
                alikes, leet or s p a c e d letters can be undone, the undone text as well

    name: sale_offer
    views: [normalised]          # the default; [raw] for what must be matched as written
    patterns:
      - text: "for sale"         # a literal; bounded: the characters beside it are no letters
        languages: [en]
      - text: "продам*"          # `*` at an end: any letters may follow (or precede)
      - regex: 't\.me/\+[a-z0-9_-]{8,}'     # Hyperscan syntax: no \b, no back-references

A literal is normalised like the text, so case and width do not matter. Scripts that are written
without spaces (Chinese, Japanese, Thai …) have no bounds to check. A regex is not bounded:
write (?:^|[^\p{L}])word(?:[^\p{L}]|$) where a bound matters; it may not need to cross lines.
"""
