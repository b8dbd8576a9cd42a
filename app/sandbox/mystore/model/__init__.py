"""What the simulated mystore keeps and does, without HTTP."""
