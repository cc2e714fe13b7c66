"""Legal: what an authority wants, from receipt at the contact point to the answer."""
