"""What every system's articles can have beside its own field table."""
