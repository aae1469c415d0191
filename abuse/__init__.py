"""The abuse kit: what an attacker tries at a registry's token service, from outside.

It knows HTTP and JSON Web Tokens, and nothing of the service that it is run against.
`python -m abuse --help` says how; docs/abuse-kit.md says what each case means.
"""
