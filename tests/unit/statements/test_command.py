"""`evenhand statements` says what it needs."""

import argparse

import pytest
from pytest_django.fixtures import Settings

from evenhand.base.errors import Misconfigured
from evenhand.statements import command


def test_without_a_database_sending_says_which_setting_is_missing(settings: Settings) -> None:
    settings.DSA_URL = ""
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)

    with pytest.raises(Misconfigured) as raised:
        command.run(parser.parse_args(["send"]))

    assert raised.value.fields["setting"] == "EVENHAND_DSA_URL"
