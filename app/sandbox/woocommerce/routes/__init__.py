"""The simulated shop's routes, a module for each resource."""
