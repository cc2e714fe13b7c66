"""Evidence: what an appeal needs, under seal, with an expiry."""
