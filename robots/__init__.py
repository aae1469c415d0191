"""Who exists and who may do what: namespaces, robots, teams, repositories, access."""
