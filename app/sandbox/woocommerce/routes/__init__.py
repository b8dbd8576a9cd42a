"""The simulated shop's endpoints, a module for each resource."""
