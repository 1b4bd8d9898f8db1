"""Notifications: channels, and how events are grouped, sent and retried."""
