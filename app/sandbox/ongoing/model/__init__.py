"""What the simulated warehouse keeps, and what happens on its floor."""
