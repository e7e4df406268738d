"""What several tests drive: processes of the platform, and plugins whose handlers can be watched."""
