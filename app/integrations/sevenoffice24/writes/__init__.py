"""What is written to the ERP: statuses of orders and quantities."""
