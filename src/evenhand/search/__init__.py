"""Search: what is public and lawful can be found, and nothing else."""
