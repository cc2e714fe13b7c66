import json

from evenhand.desk.evidence import shown


def test_what_was_written_comes_first() -> None:
    event = {"account": "@a:example.test", "text": "hello", "urls": ["https://example.test/"]}

    fields = shown("application/json", json.dumps(event).encode()).fields

    assert fields == (
        ("text", "hello"),
        ("urls", "https://example.test/"),
        ("account", "@a:example.test"),
    )


def test_empty_fields_are_left_out() -> None:
    assert shown("application/json", b'{"text": "a", "urls": [], "account": null}').fields == (
        ("text", "a"),
    )


def test_a_picture_is_shown_and_a_drawing_that_can_run_is_not() -> None:
    assert shown("image/png", b"\x89PNG").picture.startswith("data:image/png;base64,")
    assert shown("image/svg+xml", b"<svg/>").picture == ""


def test_a_page_is_never_taken_for_anything_but_text() -> None:
    opened = shown("text/html; charset=utf-8", b"<script>1</script>")

    assert opened.fields == (("text", "<script>1</script>"),)
    assert opened.picture == ""


def test_broken_content_is_shown_as_far_as_it_can_be_read() -> None:
    assert shown("application/json", b'{"text": ').fields == (("text", '{"text": '),)
    assert shown("text/plain", b"a\xff").fields == (("text", "a\ufffd"),)
    assert shown("application/json", b"[1, 2]").fields == (("text", "[\n 1,\n 2\n]"),)


def test_other_files_are_only_named() -> None:
    opened = shown("application/zip", b"PK")

    assert (opened.fields, opened.picture, opened.size_bytes) == ((), "", 2)
