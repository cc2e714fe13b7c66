"""The web doors: public site, user pages, staff console. No decision is taken here."""
