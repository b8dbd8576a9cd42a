"""`gateway reconcile` and `gateway backfill`, and what is done about those that were begun."""
