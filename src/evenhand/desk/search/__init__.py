"""The public page of the search: asks the searcher, and shows what it was given."""
