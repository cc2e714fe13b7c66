"""Markets: where an account is placed, and what is screened there."""
