"""The simulated warehouse's REST API: login, lock-out, and the calls."""
