"""The demo: a day played beside a real Synapse, and read back through a client that is not ours."""
