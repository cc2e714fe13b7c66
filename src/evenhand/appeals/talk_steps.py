"""The only writers of the talk about an appeal: the desk asks, the person answers."""
