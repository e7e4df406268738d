"""Notifications: an inbox for every account, and messages to phones, mail and group chats that give nothing away."""
