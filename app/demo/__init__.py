"""`gateway demo`: the gateway between a simulated shop and a simulated warehouse, on this machine, with nothing to set up."""
