"""How people come to connect a system."""
