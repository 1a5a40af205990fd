"""What the listening says, as data."""
