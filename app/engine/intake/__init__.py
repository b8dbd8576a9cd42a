"""Webhook → inbox → job."""
