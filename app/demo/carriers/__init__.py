"""Carriers, pick-up points and what the warehouse lists, in the scripted day."""
