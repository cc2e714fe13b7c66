"""Access for the programs of authorities: tokens, and addresses that are told of changes."""
