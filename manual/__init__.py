"""What `make docs` needs to make a site of docs/: see mkdocs.yml."""
