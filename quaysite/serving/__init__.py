"""The server that ships: granian outside, Django in threads inside."""
