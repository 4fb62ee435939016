"""Where public events go: one module for each kind of receiver, which alone knows its protocol."""
