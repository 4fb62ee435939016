"""What notifications do by themselves."""
