"""The staff side of the legal desk: it shows and asks; the legal room decides."""
