"""The simulated shop's front: login, errors, lists."""
