"""The REST API, in the wire format of Quay's: one module for each resource."""
