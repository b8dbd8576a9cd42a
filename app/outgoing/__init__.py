"""Where outgoing calls may go, and how a name becomes an address."""
