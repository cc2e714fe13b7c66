"""The ground under every room: ids, closed lists, errors, limits, clock, sealing, personal data."""
