"""The first page: what needs a person, and how the day's orders flow."""
