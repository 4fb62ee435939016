"""What other systems tell us: kept once, applied by the services that a person's click would use."""
