"""What programs beside the gateway are told: receipts of goods, and events for their addresses."""
