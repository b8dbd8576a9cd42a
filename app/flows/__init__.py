"""What happens to a record on its way into the warehouse, one file a process."""
