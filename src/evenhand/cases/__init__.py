"""Cases: what a person decides: review and objections."""
