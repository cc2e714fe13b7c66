"""PostgreSQL: where it is, its roles and rights, and the embedded server of small sites."""
