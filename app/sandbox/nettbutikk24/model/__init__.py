"""What the simulated shop keeps and does. It knows nothing of HTTP."""
