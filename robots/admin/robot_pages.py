"""Pages about one robot account, below its name and tabs."""

from typing import ClassVar

from robots.admin.pages import RowPage
from robots.admin.shell import Shell
from robots.models import Robot


class RobotPage(RowPage):
    """A tab of a robot's; `tab` is its key in `RobotAdmin.tabs`."""

    tab: ClassVar[str] = ""

    row: Robot

    def shell(self) -> Shell:
        shell: Shell = self.model_admin.shell(self.request, self.row, self.tab)  # type: ignore[call-arg,assignment]
        return shell
