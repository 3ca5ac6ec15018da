"""What starts workflows by itself: schedules, webhooks, events."""
