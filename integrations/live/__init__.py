"""Socket.IO: what happens, told to pages and programs that listen (docs/decisions/live.md)."""
