"""What a robot of Harbor is called here. Pure."""

from robots.errors import DomainError, NameInvalid
from robots.names import RobotName, check_namespace_name, check_robot_name

USUAL_PREFIX = "robot$"
"""Harbor's own, unless its administrator has set another one."""


def name_here(name: str, project: str, prefix: str) -> RobotName:
    """`project+robot` of a project's robot, which may be written `robot$project+robot`.

    Robots from before Harbor 2.2 do not name their project. Raises DomainError for a
    name of another project, or one that our rules refuse.
    """
    try:
        check_namespace_name(project)
    except NameInvalid:
        raise DomainError("its project is gone, or cannot be called so here") from None
    written = name.removeprefix(prefix)
    before, plus, after = written.partition("+")
    if plus and before != project:
        raise DomainError("its name begins with another project")
    short = after if plus else written
    try:
        check_robot_name(project, short)
    except NameInvalid:
        raise DomainError("a robot cannot have this name here") from None
    return RobotName(project, short)
