"""How the simulated warehouse's records read back, as tables of members and where they come from."""
