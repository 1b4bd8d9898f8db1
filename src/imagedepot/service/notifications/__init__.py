"""Notifications: who is told what happens here, how it is grouped, sent, and sent again."""
