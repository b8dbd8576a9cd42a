"""Calls to the goods owner REST API, and how their failures are sorted."""
