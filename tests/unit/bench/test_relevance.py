"""Questions find their passages in languages of many scripts, beside SQLite in the same run."""

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bench"))

from relevance import ours, run, small, theirs

LANGUAGES = {"ar", "el", "hi", "ja", "kk", "ru", "th", "tr", "zh"}
FLOOR = 0.9


def test_the_small_set_has_as_many_passages_and_questions_in_each_language():
    read = small()

    assert set(read) == LANGUAGES
    assert {len(one.passages) for one in read.values()} == {6}
    assert {len(one.asked) for one in read.values()} == {12}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_question_finds_its_passage_first_and_no_more_rarely_than_sqlite(language):
    questions = small()[language]

    found, beside = ours(questions), theirs(questions)

    assert found.recall >= max(FLOOR, beside.recall)
    assert found.mrr >= max(FLOOR, beside.mrr)


def test_a_folder_is_read_by_language_and_measured(tmp_path):
    texts = ["the kettle whistles loudly", "a ferry crosses the river"]
    asked = ["which ferry crosses", "when does the kettle whistle", "ferry kettle whistles loudly"]
    pq.write_table(pa.table({"doc": [0, 1], "text": texts}), tmp_path / "xquad_docs_en.parquet")
    pq.write_table(
        pa.table({"question": asked, "doc": [1, 0, 1]}), tmp_path / "xquad_queries_en.parquet"
    )

    figures = {one["figure"]: one["value"] for one in run(tmp_path)["figures"]}

    # The last question names the other passage more than its own.
    assert figures == {"recall_at_1_en": 0.6667, "mrr_at_10_en": 0.8333}


def test_a_folder_without_passages_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        run(tmp_path)
