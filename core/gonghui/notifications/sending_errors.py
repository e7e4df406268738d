"""What can go wrong when a message leaves the platform."""


class SendingFailed(RuntimeError):
    """The gateway did not take a message; it may later."""


class AddressRefused(SendingFailed):
    """The gateway will never take a message for this address."""
