"""Alerts: what kinds there are, when their trouble is over, and how people are told."""
