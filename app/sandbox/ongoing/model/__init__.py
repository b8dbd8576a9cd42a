"""What the simulated warehouse keeps, and how its orders are fulfilled."""
