"""What is decided and done about a record, one module a process."""
