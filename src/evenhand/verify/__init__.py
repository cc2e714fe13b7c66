"""Verifying: what anybody can check of the log and the reports from their public files alone."""
