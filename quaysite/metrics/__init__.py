"""What Prometheus is told: the counts of all workers, and the state of the site."""
