"""Reconcile: begin one, follow it, see what it has found, and mend each line."""
