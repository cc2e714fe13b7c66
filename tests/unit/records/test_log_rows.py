"""Each column of a record is either one of its classes or a value of its own."""

from evenhand.records.log_rows import NOT_SHOWN, TEMPLATES, VALUES
from evenhand.records.models import CLASSES, Record


def test_no_column_of_a_record_is_left_out_of_its_leaf():
    columns = {one.column for one in Record._meta.concrete_fields if not one.generated}

    assert columns == {*CLASSES, *VALUES}
    assert not {*CLASSES} & {*VALUES}
    assert {*VALUES} <= {*TEMPLATES}


def test_every_class_is_shown_to_whoever_holds_a_receipt():
    assert not NOT_SHOWN & {*CLASSES}
