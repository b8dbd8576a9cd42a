"""What the simulated warehouse's calls take, as tables of fields."""
