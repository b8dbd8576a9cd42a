"""What programs beside the gateway are told: events sent to their addresses, and what they read themselves."""
