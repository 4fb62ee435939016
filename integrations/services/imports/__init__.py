"""Taking over foreign data, through the same services as a click."""
