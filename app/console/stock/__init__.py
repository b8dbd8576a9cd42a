"""Stock: what the warehouse can sell, what the shop shows, and since when they differ."""
