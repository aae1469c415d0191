"""Set repository permissions: one grantee's role on every repository of a namespace.

A list that is paged and searched on the server, then a review of what would change,
then one atomic save of exactly that. What was chosen travels in the forms, so that
it outlives paging and searching without any script.
"""

from robots.admin.set_permissions.pages import SetPermissionsPage, TeamPermissionsPage

__all__ = ["SetPermissionsPage", "TeamPermissionsPage"]
