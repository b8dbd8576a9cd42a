"""Pages of the documentation that are made from the code. Tests find when one is out of date."""
