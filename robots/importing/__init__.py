"""What importers share, whatever registry they read: answers, and what is left out."""
