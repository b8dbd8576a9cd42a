"""The engine. All state is in SQL, the queue only wakes workers up, and leases decide who works."""
