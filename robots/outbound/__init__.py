"""The one way out: whatever this site asks by HTTP is asked by `asking.ask`."""
