"""Proof: a tree of hashes as static files, signed notes, and what a leaf commits to; pure."""
