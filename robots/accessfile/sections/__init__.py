"""The sections of a namespace in an access file, each read into its documents."""
