"""Where events come from: one module for each kind of bus, which alone knows its protocol."""
