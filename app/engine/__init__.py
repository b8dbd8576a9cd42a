"""The engine: SQL is the truth, the queue carries rings, leases decide who works."""
