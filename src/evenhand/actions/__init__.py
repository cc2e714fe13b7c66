"""Actions: what was decided, done, confirmed and undone; statements of reasons; delivery."""
