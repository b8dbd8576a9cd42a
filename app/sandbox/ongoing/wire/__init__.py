"""What the simulated warehouse's calls take, and how its records read back."""
