"""The pages on which a person connects a system: what is asked, the system's consent, settings, activation."""
