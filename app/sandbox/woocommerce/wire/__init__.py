"""What the simulated shop's routes take, and how its records read back."""
