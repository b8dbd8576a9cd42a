"""What the WMS had already, and is taken over: shown first, then done."""
