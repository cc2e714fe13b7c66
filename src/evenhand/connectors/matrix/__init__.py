"""Matrix: the door that Synapse asks, and what is done through Synapse's admin API."""
