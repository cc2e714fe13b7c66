"""The reviewers' pages: queues, one case, deciding, bulk decisions, quality."""
