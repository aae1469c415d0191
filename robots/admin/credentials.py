"""A robot's credentials, ready for each kind of client."""

from robots.admin.robot_pages import RobotPage


class CredentialsPage(RobotPage):
    """Shows how to log in; the secret itself only on request, to a fresh session."""

    template_name = "robots/admin/credentials.html"
    title = "Credentials"
    tab = "credentials"
