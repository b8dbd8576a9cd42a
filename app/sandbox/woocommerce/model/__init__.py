"""What the simulated shop keeps, and what it does with it."""
