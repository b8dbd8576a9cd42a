"""One record, explained: what came in, what was sent and answered, what happens next, and what a person can do about it now."""
