"""One row for each way to break each constraint: the registry of what is tested.

Rows are written around the ORM's validation, and each breaks one constraint only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from federation.models import Trust, UsedAssertion
from quaysite.models import OidcAccount, User
from robots.models import (
    AppToken,
    AuditSeal,
    AuditShipment,
    DefaultPermission,
    EmergencySwitch,
    ExpiryNotice,
    ImportedSecret,
    Namespace,
    NamespaceKind,
    ReplicationBeat,
    Repository,
    RepositoryPermission,
    RepositoryUse,
    Robot,
    RobotToken,
    Star,
    Team,
    TeamMember,
    TokenOrigin,
)
from robots.roles import Role

BAD_SIMPLE_NAMES = (
    "",
    "a",
    "Upper",
    "a--b",
    "a__b",
    "ends\n",
    "-a",
    "a.",
    "a b",
    "a+b",
    "ä",
)
BAD_REPOSITORY_NAMES = ("", "Upper", "a//b", "/a", "a/", "ends\n", ".a", "a/-b", "a:b")
BAD_LISTS = ("acme", "acme+", "+ci", "acme+ci\n", "acme+ci acme+cd", "a+b+c", "A+b")
BAD_KEY_IDS = ("0a1b2c3", "0A1B2C3D", "0a1b2cxx", "0a1b2c3\n")
UNKNOWN_NUMBERS = (0, 4)


@dataclass(frozen=True)
class Stage:
    """Two organizations, with the same things in each, and values to use twice."""

    person: User
    acme: Namespace
    other: Namespace
    robot: Robot
    other_robot: Robot
    team: Team
    other_team: Team
    web: Repository
    other_web: Repository
    digest: str = "d" * 64
    uuid: UUID = UUID(int=1)
    issuer: str = "https://issuer.example"
    yes: bool = True


def set_stage() -> Stage:
    acme, other = Namespace.objects.bulk_create(
        [Namespace(name="acme"), Namespace(name="other")]
    )
    places = (acme, other)
    robot, other_robot = [Robot.objects.create(namespace=n, name="ci") for n in places]
    team, other_team = [Team.objects.create(namespace=n, name="dev") for n in places]
    web, other_web = [
        Repository.objects.create(namespace=n, name="web") for n in places
    ]
    person = User.objects.create(username="person", email="person@example.org")
    return Stage(
        person, acme, other, robot, other_robot, team, other_team, web, other_web
    )


def permission(stage: Stage, **fields: Any) -> None:
    complete = {"repository": stage.web, "namespace": stage.acme, "role": Role.READ}
    RepositoryPermission.objects.bulk_create(
        [RepositoryPermission(**complete | fields)]
    )


def default(stage: Stage, **fields: Any) -> None:
    complete = {"namespace": stage.acme, "role": Role.READ}
    DefaultPermission.objects.bulk_create([DefaultPermission(**complete | fields)])


def member(stage: Stage, **fields: Any) -> None:
    complete = {"team": stage.team, "namespace": stage.acme}
    TeamMember.objects.bulk_create([TeamMember(**complete | fields)])


def token(stage: Stage, **fields: Any) -> None:
    complete = {"robot": stage.robot, "digest": uuid4().hex}
    RobotToken.objects.bulk_create([RobotToken(**complete | fields)])


def imported_secret(stage: Stage, **fields: Any) -> None:
    complete = {"robot": stage.robot, "salt": "ab", "digest": "d" * 32}
    ImportedSecret.objects.bulk_create([ImportedSecret(**complete | fields)])


def secret_with(**fields: str) -> Callable[[Stage], None]:
    return lambda stage: imported_secret(stage, **fields)


def app_token(stage: Stage, **fields: Any) -> None:
    complete = {"user": stage.person, "title": "phone", "digest": uuid4().hex}
    AppToken.objects.bulk_create([AppToken(**complete | fields)])


def oidc_account(stage: Stage, **fields: Any) -> None:
    complete = {"issuer": "https://id.example", "subject": "248289761001"}
    OidcAccount.objects.bulk_create(
        [OidcAccount(user=stage.person, **complete | fields)]
    )


def star(stage: Stage, **fields: Any) -> None:
    Star.objects.bulk_create([Star(user=stage.person, **fields)])


def use(stage: Stage, **fields: Any) -> None:
    made = stage.robot.created_at
    complete = {"repository": stage.web, "action": "pull", "first_used_at": made}
    RepositoryUse.objects.bulk_create(
        [RepositoryUse(last_used_at=made, **complete | fields)]
    )


def trust(stage: Stage, **fields: Any) -> None:
    complete = {"robot": stage.robot, "issuer": "https://i.example", "subject": "s"}
    Trust.objects.bulk_create([Trust(**complete | fields)])


def used_assertion(stage: Stage, **fields: Any) -> None:
    complete = {"robot": stage.robot, "expires_at": stage.robot.created_at}
    UsedAssertion.objects.bulk_create([UsedAssertion(**complete | fields)])


def switch(stage: Stage, **fields: Any) -> None:
    complete = {
        "reason": "leak",
        "turned_on_at": stage.robot.created_at,
        "turned_on_by": "person",
    }
    EmergencySwitch.objects.bulk_create([EmergencySwitch(**complete | fields)])


def seal(stage: Stage, **fields: Any) -> None:
    complete = {
        "number": 1,
        "first_event": 10,
        "last_event": 20,
        "event_count": 5,
        "sealed_at": stage.robot.created_at,
    }
    AuditSeal.objects.bulk_create([AuditSeal(**complete | fields)])


def two_seals(stage: Stage) -> None:
    for number in (1, 2):
        seal(stage, number=number)


def notice(stage: Stage, **fields: Any) -> None:
    made = stage.robot.created_at
    complete = {"ends_at": made, "days": 7, "channel": "email"}
    times = {"created_at": made, "next_attempt_at": made}
    ExpiryNotice.objects.bulk_create([ExpiryNotice(**times, **complete | fields)])


def notice_of_token(stage: Stage) -> None:
    token(stage, digest="n" * 64)
    of = RobotToken.objects.get(digest="n" * 64)
    notice(stage, token=of)
    notice(stage, token=of)


def switch_allowing(allowed: str) -> Callable[[Stage], None]:
    return lambda stage: switch(stage, site=True, allowed=allowed)


def switch_of_issuer(issuer: str) -> Callable[[Stage], None]:
    return lambda stage: switch(stage, issuer=issuer)


def used_by_two(stage: Stage) -> None:
    for robot in (stage.robot, stage.other_robot):
        used_assertion(stage, digest=stage.digest, robot=robot)


def twice(write: Callable[..., None], **grantee: str) -> Callable[[Stage], None]:
    """Store the same thing two times; `grantee` names attributes of the stage."""

    def write_twice(stage: Stage) -> None:
        for _ in range(2):
            write(stage, **{key: getattr(stage, of) for key, of in grantee.items()})

    return write_twice


def repository_named(name: str) -> Callable[[Stage], object]:
    return lambda stage: Repository.objects.create(namespace=stage.acme, name=name)


class Violation(NamedTuple):
    """A row that breaks one constraint and no other."""

    constraint: str
    what: str
    write: Callable[[Stage], object]


VIOLATIONS = [
    # Numbers and words that no code knows
    *(
        Violation(name, f"{number}", write)
        for number in UNKNOWN_NUMBERS
        for name, write in (
            ("robots_permission_role_known",
             lambda s, n=number: permission(s, user=s.person, role=n)),
            ("robots_default_role_known",
             lambda s, n=number: default(s, user=s.person, role=n)),
            ("robots_team_role_known",
             lambda s, n=number: Team.objects.create(
                 namespace=s.acme, name="new", role=n)),
            ("robots_repository_state_known",
             lambda s, n=number: Repository.objects.create(
                 namespace=s.acme, name="new", state=n)),
            ("robots_repository_visibility_known",
             lambda s, n=number: Repository.objects.create(
                 namespace=s.acme, name="new", visibility=n)),
        )
    ),
    Violation("robots_namespace_kind_has_owner", "unknown kind",
              lambda s: Namespace.objects.create(name="new", kind="company")),
    Violation("robots_namespace_kind_has_owner", "personal without owner",
              lambda s: Namespace.objects.create(
                  name="new", kind=NamespaceKind.PERSONAL)),
    Violation("robots_namespace_kind_has_owner", "organization with owner",
              lambda s: Namespace.objects.filter(owner=s.person).update(
                  kind=NamespaceKind.ORGANIZATION)),
    Violation("robots_robottoken_federated_expires", "no end",
              lambda s: token(s, origin=TokenOrigin.FEDERATED)),
    Violation("robots_robottoken_federated_expires", "sealed copy",
              lambda s: token(s, origin=TokenOrigin.FEDERATED, sealed=b"x",
                              expires_at=s.robot.created_at)),
    Violation("robots_robottoken_federated_expires", "unknown origin",
              lambda s: token(s, origin="borrowed")),
    Violation("federation_trust_match_known", "regular expression",
              lambda s: trust(s, subject_match="regex")),
    Violation("federation_trust_names_someone", "no issuer",
              lambda s: trust(s, issuer="")),
    Violation("federation_trust_names_someone", "no subject",
              lambda s: trust(s, subject="")),
    *(
        Violation(name, repr(bad), write)
        for bad in BAD_KEY_IDS
        for name, write in (
            ("robots_robottoken_key_id_valid",
             lambda s, bad=bad: token(s, key_id=bad)),
            ("robots_apptoken_key_id_valid",
             lambda s, bad=bad: app_token(s, key_id=bad)),
        )
    ),
    # One grantee, one member, one creator at most
    Violation("robots_permission_one_grantee", "none", permission),
    Violation("robots_permission_one_grantee", "user and robot",
              lambda s: permission(s, user=s.person, robot=s.robot)),
    Violation("robots_permission_one_grantee", "robot and team",
              lambda s: permission(s, robot=s.robot, team=s.team)),
    Violation("robots_default_one_grantee", "none", default),
    Violation("robots_default_one_grantee", "user and team",
              lambda s: default(s, user=s.person, team=s.team)),
    Violation("robots_default_one_creator", "two",
              lambda s: default(s, robot=s.robot, creator_user=s.person,
                                creator_robot=s.robot)),
    Violation("robots_teammember_one_member", "none", member),
    Violation("robots_teammember_one_member", "two",
              lambda s: member(s, user=s.person, robot=s.robot)),
    Violation("robots_switch_one_target", "none", switch),
    Violation("robots_switch_one_target", "site and namespace",
              lambda s: switch(s, site=True, namespace=s.acme)),
    Violation("robots_switch_one_target", "namespace and robot",
              lambda s: switch(s, namespace=s.acme, robot=s.robot)),
    Violation("robots_switch_one_target", "robot and issuer",
              lambda s: switch(s, robot=s.robot, issuer=s.issuer)),
    Violation("robots_switch_one_target", "site and issuer",
              lambda s: switch(s, site=True, issuer=s.issuer)),
    *(
        Violation("robots_switch_issuer_is_url", repr(bad),
                  switch_of_issuer(bad))
        for bad in ("", "issuer.example", "HTTPS://issuer.example", " https://i",
                    "ftp://issuer.example\nhttps://issuer.example")
    ),
    Violation("robots_switch_robot_allows_none", "itself",
              lambda s: switch(s, robot=s.robot, allowed="acme+ci")),
    Violation("robots_switch_site_is_true", "false",
              lambda s: switch(s, site=False)),
    Violation("robots_switch_has_reason", "none",
              lambda s: switch(s, site=True, reason="")),
    *(
        Violation("robots_switch_allows_robots", repr(bad), switch_allowing(bad))
        for bad in BAD_LISTS
    ),
    # Robots and teams never cross namespaces
    Violation("robots_permission_robot_namespace", "foreign robot",
              lambda s: permission(s, robot=s.other_robot)),
    Violation("robots_permission_team_namespace", "foreign team",
              lambda s: permission(s, team=s.other_team)),
    Violation("robots_permission_repository_namespace", "false namespace",
              lambda s: permission(s, user=s.person, namespace=s.other)),
    Violation("robots_permission_repository_namespace", "robot with its namespace",
              lambda s: permission(s, robot=s.other_robot, namespace=s.other)),
    Violation("robots_teammember_robot_namespace", "foreign robot",
              lambda s: member(s, robot=s.other_robot)),
    Violation("robots_teammember_team_namespace", "false namespace",
              lambda s: member(s, user=s.person, namespace=s.other)),
    Violation("robots_teammember_team_namespace", "robot with its namespace",
              lambda s: member(s, robot=s.other_robot, namespace=s.other)),
    Violation("robots_default_robot_namespace", "foreign robot",
              lambda s: default(s, robot=s.other_robot)),
    Violation("robots_default_team_namespace", "foreign team",
              lambda s: default(s, team=s.other_team)),
    Violation("robots_default_creator_namespace", "foreign creator",
              lambda s: default(s, robot=s.robot, creator_robot=s.other_robot)),
    Violation("robots_repository_mirror_namespace", "foreign robot",
              lambda s: Repository.objects.filter(pk=s.web.pk).update(
                  mirror_robot=s.other_robot)),
    # Seals of the audit
    Violation("robots_seal_numbers_from_one", "0", lambda s: seal(s, number=0)),
    Violation("robots_seal_covers_events", "none", lambda s: seal(s, event_count=0)),
    Violation("robots_seal_covers_events", "backwards",
              lambda s: seal(s, last_event=9)),
    Violation("robots_seal_purges_older_events", "its own",
              lambda s: seal(s, purged_event=10)),
    Violation("robots_seal_last_event_unique", "twice", two_seals),
    Violation("robots_shipment_names_destination", "nowhere",
              lambda s: AuditShipment.objects.create(destination="")),
    # Nothing twice
    Violation("robots_permission_user_unique", "twice",
              twice(permission, user="person")),
    Violation("robots_permission_robot_unique", "twice",
              twice(permission, robot="robot")),
    Violation("robots_permission_team_unique", "twice",
              twice(permission, team="team")),
    Violation("robots_teammember_user_unique", "twice", twice(member, user="person")),
    Violation("robots_teammember_robot_unique", "twice", twice(member, robot="robot")),
    Violation("robots_repository_name_unique", "twice",
              lambda s: Repository.objects.create(namespace=s.acme, name="web")),
    Violation("robots_robot_name_unique", "twice",
              lambda s: Robot.objects.create(namespace=s.acme, name="ci")),
    Violation("robots_switch_site_unique", "twice",
              twice(switch, site="yes")),
    Violation("robots_switch_namespace_unique", "twice",
              twice(switch, namespace="acme")),
    Violation("robots_switch_robot_unique", "twice",
              twice(switch, robot="robot")),
    Violation("robots_switch_issuer_unique", "twice",
              twice(switch, issuer="issuer")),
    Violation("robots_team_name_unique", "twice",
              lambda s: Team.objects.create(namespace=s.acme, name="dev")),
    Violation("robots.namespace.name", "twice",
              lambda s: Namespace.objects.create(name="acme")),
    Violation("robots.namespace.owner", "twice",
              lambda s: Namespace.objects.create(
                  name="new", owner=s.person, kind=NamespaceKind.PERSONAL)),
    Violation("robots.robottoken.digest", "twice", twice(token, digest="digest")),
    Violation("robots.importedsecret.robot", "twice", twice(imported_secret)),
    *(
        Violation("robots_importedsecret_salt_valid", repr(bad), secret_with(salt=bad))
        for bad in ("", "abc", "AB", "xy", "ab\n")
    ),
    *(
        Violation("robots_importedsecret_digest_valid", repr(bad),
                  secret_with(digest=bad))
        for bad in ("", "d" * 31, "D" * 32, "x" * 32)
    ),
    Violation("robots.apptoken.digest", "twice",
              twice(app_token, digest="digest")),
    Violation("robots.apptoken.uuid", "twice", twice(app_token, uuid="uuid")),
    Violation("robots_star_unique", "twice", twice(star, repository="web")),
    Violation("robots_use_robot_unique", "twice", twice(use, robot="robot")),
    Violation("robots_use_user_unique", "twice", twice(use, user="person")),
    Violation("robots_use_one_caller", "nobody", lambda s: use(s)),
    Violation("robots_use_one_caller", "two",
              lambda s: use(s, robot=s.robot, user=s.person)),
    Violation("robots_use_action_known", "all",
              lambda s: use(s, robot=s.robot, action="*")),
    Violation("robots_notice_robot_unique", "twice", twice(notice, robot="robot")),
    Violation("robots_notice_token_unique", "twice", notice_of_token),
    Violation("robots_notice_one_thing", "none", notice),
    Violation("robots_notice_channel_known", "pigeon",
              lambda s: notice(s, robot=s.robot, channel="pigeon")),
    Violation("robots_notice_is_ahead", "no day",
              lambda s: notice(s, robot=s.robot, days=0)),
    Violation("robots_replication_beat_is_one", "a second",
              lambda s: ReplicationBeat.objects.create(id=2, at=s.robot.created_at)),
    Violation("federation_trust_identity_unique", "twice",
              twice(trust, digest="digest")),
    Violation("federation_assertion_used_once", "twice by one robot",
              twice(used_assertion, digest="digest")),
    Violation("federation_assertion_used_once", "by two robots", used_by_two),
    Violation("robots.defaultpermission.uuid", "twice",
              twice(default, user="person", uuid="uuid")),
    Violation("quaysite.user.username", "twice",
              lambda s: User.objects.bulk_create([User(username="person")])),
    Violation("quaysite_user_email_unique", "in other case",
              lambda s: User.objects.create(
                  username="second", email="Person@Example.org")),
    Violation("quaysite_oidcaccount_unique", "twice", twice(oidc_account)),
    Violation("quaysite_oidcaccount_named", "no issuer",
              lambda s: oidc_account(s, issuer="")),
    Violation("quaysite_oidcaccount_named", "no subject",
              lambda s: oidc_account(s, subject="")),
    # Names
    *(
        Violation(constraint, repr(bad), write)
        for bad in BAD_SIMPLE_NAMES
        for constraint, write in (
            ("robots_namespace_name_valid",
             lambda s, bad=bad: Namespace.objects.create(name=bad)),
            ("robots_robot_name_valid",
             lambda s, bad=bad: Robot.objects.create(namespace=s.acme, name=bad)),
            ("robots_team_name_valid",
             lambda s, bad=bad: Team.objects.create(namespace=s.acme, name=bad)),
            ("quaysite_user_username_valid",
             lambda s, bad=bad: User.objects.bulk_create([User(username=bad)])),
        )
    ),
    *(
        Violation("robots_repository_name_valid", repr(bad), repository_named(bad))
        for bad in BAD_REPOSITORY_NAMES
    ),
]  # fmt: skip
