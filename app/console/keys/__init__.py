"""API keys: who has one, what it may do, a new one, and revoking."""
