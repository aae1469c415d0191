"""Making an access file true, one noun a module: each in the caller's transaction."""
