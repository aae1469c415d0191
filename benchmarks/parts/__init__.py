"""What a run is made of: each part measures one thing, and tells it as a Report."""
