"""A running Quay, read over its API and brought here: `manage.py import_quay`.

`api` asks, `importing.answers` checks what is answered, `organizations`, `robots` and
`repositories` read, `known` leaves out what this site cannot have, `bringing` stores.
"""
