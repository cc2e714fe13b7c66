"""Rules: what is looked for, as data; a YAML head and a SQL boolean over signal columns."""
