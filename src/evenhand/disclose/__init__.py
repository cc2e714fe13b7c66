"""The member's own tool: discloses one message of an encrypted room to the desk, and no other.

It runs on the member's machine, knows nothing of the desk but its address, and needs no settings.
"""
