"""The admin's front page: what needs attention, and whether all is well."""
