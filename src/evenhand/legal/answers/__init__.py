"""Generated answers to authorities: the same content as JSON and as PDF/A."""
