"""A small token service that is sound, but for the flaws that it is started with."""
