"""The sub-commands of `gateway`, one room a subject."""
