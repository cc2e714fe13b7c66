"""Records: the append-only account of everything that was done."""
