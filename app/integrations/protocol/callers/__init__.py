"""Settings of what programs beside the gateway are told."""
