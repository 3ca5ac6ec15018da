"""Named events: told, kept, and handed to whoever waits."""
