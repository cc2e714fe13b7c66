"""Standing: strikes with an expiry, penalties by policy, misuse of reports (DSA Art. 23)."""
