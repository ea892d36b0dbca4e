"""What a report says, as data that every format renders."""
