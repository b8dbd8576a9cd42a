"""The sub-commands of `gateway`, one module a subject."""
