"""Rows, queries and rules of what the gateway keeps: connections, mappings, runs, keys, alerts."""
