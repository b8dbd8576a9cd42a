"""The simulated shop keeps its records here, in tables that have the functions which write them."""
