"""Webhook to inbox to job."""
