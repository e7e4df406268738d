"""What happened is told to whoever wants to know: outbox, deliveries, the relay that sends them, and schedules."""
