"""The API for single points of contact: the portal for programs."""
