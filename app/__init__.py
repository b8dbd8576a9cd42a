"""The gateway between web shops, ERPs and the Ongoing WMS warehouse system."""

__version__ = "0.1.0"
