"""The card of the text model: what it was made of, what was measured, what it must not do."""

from collections.abc import Iterable, Sequence
from math import isnan

from evenhand.signals.training_figures import (
    GroupFigures,
    HeadFigures,
    NewsFigures,
    Share,
    SourceShare,
)

HEAD_WORDS = {
    "spam_score": "spam: advertising sent in bulk, scams and phishing. The data does not tell "
    "fraud from other spam, so there is no score for fraud alone.",
    "abuse_score": "insults, harassment and obscene attacks, hate included.",
    "hate_score": "attacks on people for what they are: origin, religion, sex, orientation, "
    "disability.",
    "threat_score": "announced violence against somebody.",
    "drugs_score": "illegal drugs offered for sale, or couriers sought for them.",
    "weapons_score": "weapons offered or sought without papers.",
    "extremism_score": "praise of terrorist and violent groups, calls to join or pay them.",
    "sexual_score": "sex offered or asked for in public, by adults and to adults.",
}

ATTRIBUTIONS = {
    "beep-ko": "Moon, Cho, Lee: BEEP! Korean corpus of online news comments (2020), CC BY-SA 4.0",
    "cold": "Deng et al.: COLD, a benchmark for Chinese offensive language (2022), Apache-2.0",
    "davidson": "Davidson et al.: Automated hate speech detection (2017), MIT",
    "dynhate": "Vidgen et al.: Dynamically generated hate speech (2021), CC BY 4.0",
    "edos": "Kirk et al.: SemEval-2023 Task 10, explainable detection of sexism, CC0",
    "gahd": "Goldzycher et al.: GAHD, German adversarial hate speech dataset (2024), CC BY 4.0",
    "germeval18": "Wiegand, Siegel, Ruppenhofer: GermEval 2018 offensive language, CC BY 4.0",
    "hatemojibuild": "Kirk et al.: Hatemoji (2022), CC BY 4.0",
    "hatexplain": "Mathew et al.: HateXplain (2021), MIT",
    "lingua": "Test sentences of the language detector lingua, drawn from the Leipzig Corpora "
    "Collection's news, Apache-2.0",
    "mlma_en": "Ousidhoum et al.: Multilingual and multi-aspect hate speech (2019), MIT",
    "ous19_ar": "Ousidhoum et al. (2019), Arabic part, MIT",
    "ous19_fr": "Ousidhoum et al. (2019), French part, MIT",
    "ro-offense": "RO-Offense, Romanian offensive comments, Apache-2.0",
    "roman-urdu": "Roman Urdu hate speech and offensive language, MIT",
    "ru-distorted": "Russian distorted toxicity, MIT",
    "told-br": "Leite et al.: ToLD-Br, toxic language in Brazilian Portuguese (2020), CC BY-SA 4.0",
    "vicomtech": "de Gibert et al.: Hate speech from a white supremacy forum (2018), CC BY-SA 3.0",
    "sms-multi": "UCI SMS Spam Collection with machine translations to de, fr, hi, MIT",
    "sms-th": "Thai SMS spam, MIT",
    "telegram-news": "Posts of Russian Telegram news channels, MIT",
    "tg-ru": "Russian Telegram spam and ham, MIT",
    "daily": "Short messages of daily life, made of frames in `signals/templates/` and written for "
    "this model",
    "templates": "Sentences made of frames in `signals/templates/`, written for this model",
}


def card_text(
    heads: Sequence[HeadFigures], *, seed: int, base_rate: float, parts: int, bits: int
) -> str:
    """Gives the card as Markdown."""
    sections = [
        "# Text model: eight harms",
        "Written by `evenhand models train`; the figures are those of this very file of weights.",
        _what_it_is(heads, bits=bits),
        _use(),
        _method(seed=seed, base_rate=base_rate, parts=parts),
        *(_head(head) for head in heads),
        _limits(),
        _data(heads),
    ]
    return "\n\n".join(sections) + "\n"


def _what_it_is(heads: Sequence[HeadFigures], *, bits: int) -> str:
    """Says what the model is."""
    lines = "\n".join(f"- `{head.head}`: {HEAD_WORDS.get(head.head, '')}" for head in heads)
    return (
        f"A linear model over hashed runs of 2 to 5 characters of the normalised text, 2^{bits} "
        f"slots, weights of six bits, one column of the table per score. Scores, 0 to 1:\n\n{lines}"
    )


def _use() -> str:
    """Says what the model is for and what it is not for."""
    return (
        "## What it is for, and what not\n\n"
        "It may open a case for a person, or add weight to a rule that has evidence of its own. "
        "It must never be the only reason to refuse, hide or remove a message, to limit an account "
        "or to inform an authority; the product's rules are refused if they try. It must not be "
        "used to rate people, nor on private conversations, nor in a language that is missing "
        "from the tables below."
    )


def _method(*, seed: int, base_rate: float, parts: int) -> str:
    """Says how figures came about."""
    return (
        "## How it was made and measured\n\n"
        "Logistic regression by stochastic gradient descent, all heads at once, seed "
        f"{seed}. Rows are dealt into {parts} parts by a hash of their text; one part, which all "
        "figures are of, is scored by a model of the others, rounded as shipped. "
        "Sentences made of one frame fall in one part, so that a frame is scored by a model that "
        "has not seen it. Scores are "
        "calibrated on these logits (Platt), with marked rows and plain rows alone, for a channel "
        f"in which {base_rate:.0%} of texts are of the kind: an assumption, since no labelled "
        "source has the mixture of a real channel.\n\n"
        "“Plain” is conversation and news as they come: SMS, chats, comments under sports news, "
        "tweets gathered without words of abuse, and news. Clean rows of sources that were "
        "searched by words of abuse, or written to mislead a model, are not plain. The threshold "
        "is the lowest score at which at most 0.4 % of news sentences and of all plain "
        "texts raise an alarm, and at most 2 % (upper 95 % bound) in every language with 2,000 "
        "plain texts; it was chosen on the same scores that the tables show. No language has "
        "more than some 100 sentences of news in that part, which is too few to tell how it "
        "fares. Intervals are Wilson's, 95 %. The final weights are fitted on all rows. “Unseen "
        "source” is harder and nearer to real use: a model without any row of that source, nor of "
        "several others, fitted on a quarter of the rest.\n\n"
        "Where nobody labelled a row for a head, everyday talk and news are taken for clean of "
        "it. Some are not: this hides a little of what a head could find, and is why recall on "
        "such heads is given on frames alone."
    )


def _head(head: HeadFigures) -> str:
    """Gives the tables of one head."""
    measured = (
        f"Measured on {head.rows:,} rows, {head.marked:,} marked. "
        f"{_capital(head.summary)}. Calibration error at the base rate "
        f"{head.calibration_error:.3f}."
    )
    news = (
        f"Plain news: {head.news_alarms} alarms in {head.news_rows:,} sentences of "
        f"{len(head.news)} languages. {_news(head.news)}"
    )
    quantiles = "; ".join(f"{share:.1%} reach {score:.3f}" for share, score in head.quantiles)
    return "\n\n".join(
        [
            f"## {head.head}",
            f"{measured} Of clean texts, {quantiles}.",
            *_parts(
                "By language, plain news and frames left out (recall and alarms at the threshold):",
                head.languages,
                "language",
            ),
            *_parts(
                "Sources that the scoring model had never seen:", head.unseen_sources, "source"
            ),
            *_parts(
                "Sentences made of frames that the scoring model had never seen (“clean” are "
                "their counterparts: counter-speech, negation, quotation, talk about it):",
                head.frames,
                "language",
            ),
            news,
        ]
    )


def _parts(title: str, groups: Sequence[GroupFigures], first: str) -> list[str]:
    """Gives a table with its title, or nothing where it would be empty."""
    return [title, _groups(groups, first=first)] if groups else []


def _capital(words: str) -> str:
    """Gives the words with a capital first letter."""
    return words[:1].upper() + words[1:]


def _groups(groups: Iterable[GroupFigures], *, first: str) -> str:
    """Gives a table of groups."""
    rows = [
        f"| {g.name} | {g.recall.of:,} | {g.alarms.of:,} | {_number(g.area)} | {_share(g.recall)} "
        f"| {_share(g.alarms)} |"
        for g in groups
    ]
    head = f"| {first} | marked | clean | area under curve | recall | alarms on clean |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def _number(value: float) -> str:
    """Gives a number with two digits, or a dash where there is none."""
    return "–" if isnan(value) else f"{value:.2f}"


def _share(share: Share) -> str:
    """Gives a share with its 95 % interval, or a dash where there is none."""
    return f"{share.share:.1%} ({share.low:.1%}–{share.high:.1%})" if share.of else "–"


def _news(news: Sequence[NewsFigures]) -> str:
    """Names the languages with alarms on plain news."""
    alarmed = [f"{n.language} {n.alarms} of {n.rows}" for n in news if n.alarms]
    over = [n.language for n in news if n.alarms > 4]
    return (
        f"Alarms: {', '.join(alarmed) or 'none'}. More than four alarms: "
        f"{', '.join(over) or 'no language'}."
    )


def _limits() -> str:
    """Says what the figures do not show."""
    return (
        "## Limits\n\n"
        "- **Threats, drugs, weapons, extremism and solicitation rest on frames alone**, in "
        "thirteen languages, and so does all but a little of Arabic, French, Spanish, Italian, "
        "Polish, Dutch, Hindi and Kazakh hate and abuse. Whoever wrote the frames also wrote the "
        "tables' held-out frames: they show that a head learned its frames, and almost nothing "
        "of how it does among people. Their thresholds bound alarms, which real texts measure.\n"
        "- No rows at all in Ukrainian, Uzbek and Persian but news: there the scores rest on words "
        "shared with others and prove nothing. Spam in German, French and Hindi is "
        "machine-translated English SMS, and a message may stand in one fold in English and in "
        "another in German: the recall in these languages is flattered.\n"
        "- Spam of a source never seen is found worse than the first table suggests; see the "
        "second. Russian spam posts and Russian news posts look alike in form.\n"
        "- Most abuse data is English and from Twitter, Reddit and forums of 2015–2022. Reclaimed "
        "words, dialects and talk *about* abuse raise scores: this hits the very groups that abuse "
        "is aimed at. That is why a score alone opens a case and does no more.\n"
        "- Characters, not meaning: irony is invisible to it, and counter-speech that repeats what "
        "it answers raises alarms; the tables of frames say how often.\n"
        "- Texts of fewer than about 20 characters score close to what nothing known gives."
    )


def _data(heads: Sequence[HeadFigures]) -> str:
    """Names every source once, with its licence and what it brought to which head."""
    brought: dict[str, list[tuple[str, SourceShare]]] = {}
    for head in heads:
        for share in head.shares:
            brought.setdefault(share.source, []).append((head.head.removesuffix("_score"), share))
    return "\n\n".join(
        [
            "## Data and attributions",
            (
                "Handles were masked before training, and rows in which words for minors meet "
                "sexual words were dropped unread. The weights hold no passage of any text. "
                "Sources under CC BY and CC BY-SA are named with their authors as those "
                "licences ask; whoever wants weights without share-alike sources leaves their "
                "rows out and trains again. Rows are those of the head that uses most of the "
                "source; the rest of what a head is trained on is clean of it."
            ),
            "\n".join(
                [
                    "| source | licence | languages | rows | marked | from |",
                    "|---|---|---|---|---|---|",
                    *(_source(brought[source]) for source in sorted(brought)),
                ]
            ),
        ]
    )


def _source(brought: Sequence[tuple[str, SourceShare]]) -> str:
    """Gives a source's line of the table."""
    _, widest = max(brought, key=lambda one: one[1].rows)
    marked = ", ".join(f"{name} {share.marked:,}" for name, share in brought if share.marked)
    return (
        f"| {widest.source} | {widest.licence} | {widest.languages} | {widest.rows:,} "
        f"| {marked or 'none'} | {ATTRIBUTIONS.get(widest.source, '')} |"
    )
