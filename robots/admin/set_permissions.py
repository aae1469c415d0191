"""Set repository permissions: one robot's role on every repository of its namespace."""

from robots.admin.robot_pages import RobotPage


class SetPermissionsPage(RobotPage):
    """Choose repositories and roles, look at what would change, and save it."""

    template_name = "robots/admin/set_permissions.html"
    title = "Set repository permissions"
    tab = "permissions"
