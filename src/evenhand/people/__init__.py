"""People: staff, their roles and their passkeys."""
