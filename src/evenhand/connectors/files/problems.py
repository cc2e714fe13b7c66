"""What stops a whole file, or the whole run."""

from evenhand.base.errors import InputRefused


class FileRefused(InputRefused):
    """A file cannot be screened."""

    remedy = "Give Telegram exports (result.json), NDJSON, CSV or Parquet; see docs/screen.md."


class NoMessages(FileRefused):
    """A JSON file is no export: it holds no list of messages."""
