"""Flows about returns beside their refund."""
