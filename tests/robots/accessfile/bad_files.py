"""Access files that cannot be applied, each with the place and the words of its error.

Whoever takes such a file refuses it and changes nothing: the reader, and the command.
"""

from dataclasses import dataclass
from pathlib import Path

HUGE = 100 * 1024 * 1024
"""Bytes."""


@dataclass(frozen=True)
class BadFile:
    """`line` is 0 where the whole file is meant. A schema tells `structural` ones."""

    id: str
    content: bytes
    line: int
    says: str
    name: str = "acme.yaml"
    structural: bool = False
    size: int = 0
    """Bytes that the file is made longer to, with NULs that take no space."""

    def bytes(self) -> bytes:
        return self.content.ljust(self.size, b"\0")

    def written(self, folder: Path) -> Path:
        """The file in a folder."""
        path = folder / self.name
        with path.open("wb") as file:
            file.write(self.content)
            if self.size:
                file.truncate(self.size)
        return path

    @property
    def place(self) -> str:
        return f"{self.name}:{self.line}: " if self.line else f"{self.name}: "


def whole(id: str, text: str | bytes, line: int, says: str, **more: object) -> BadFile:
    """A file that is this."""
    content = text.encode() if isinstance(text, str) else text
    return BadFile(id, content, line, says, **more)  # type: ignore[arg-type]


def acme(id: str, body: str, line: int, says: str, *, plain: bool = True) -> BadFile:
    """A file whose namespace acme says `body`, which begins on line 4."""
    lines = "".join(f"    {said}\n" for said in body.split("\n"))
    text = f"version: 1\nnamespaces:\n  acme:\n{lines}"
    return BadFile(id, text.encode(), line, says, structural=plain)


def told(id: str, body: str, line: int, says: str) -> BadFile:
    """Like `acme`, for what no schema can tell."""
    return acme(id, body, line, says, plain=False)


def table(id: str, rows: str, line: int, says: str) -> BadFile:
    """A CSV whose rows begin on line 2."""
    text = f"repository,grantee,role,until\n{rows}"
    return BadFile(id, text.encode(), line, says, name="acme.csv")


_TREE = "version: 1\nnamespaces:\n  acme:\n    repositories:\n      web: {}\n"

NO_TEXT = [
    whole("empty", b"", 1, "the file is empty"),
    whole("blank", b" \n\n", 1, "the file is empty"),
    whole("comment", b"# later\n", 1, "the file is empty"),
    whole("binary", b"version: 1\n\x7fELF\0\1\2", 2, "a NUL byte"),
    whole("utf-16", _TREE.encode("utf-16"), 1, "looks like UTF-16"),
    whole("utf-16-bare", _TREE.encode("utf-16-le"), 1, "looks like UTF-16"),
    whole("utf-32", _TREE.encode("utf-32"), 1, "looks like UTF-32"),
    whole("utf-32-bare", _TREE.encode("utf-32-be"), 1, "looks like UTF-32"),
    whole(
        "latin-1",
        "a: b\nname: Jürgen\n".encode("latin-1"),
        2,
        "0xfc is no UTF-8, perhaps Latin-1",
    ),
    whole("surrogate", b"a: b\nc: \xed\xa0\x80\n", 2, "0xed is no UTF-8"),
    whole("escape", b"version: 1\n# \x1b[31m\n", 2, "U+001B"),
    whole("line-separator", "version: 1\n# \u2028\n", 2, "U+2028"),
    whole("turned", "version: 1\n# \u202eelor\n", 2, "U+202E"),
    whole("return", "version: 1\n# old\rnamespaces: {}\n", 2, "U+000D"),
    whole("return-at-end", "version: 1\nnamespaces: {}\r", 2, "U+000D"),
    *(
        whole(f"unseen-{ord(mark):x}", f"version: 1\n# a{mark}b\n", 2, "double quotes")
        for mark in "\xad\u061c\u180e\u200b\u200e\u200f\u2060\U000e0041"
    ),
    BadFile("100-mb", b"version: 1\n", 0, "at most 67108864 bytes", size=HUGE),
    whole("merge-ours", f"{_TREE}<<<<<<< HEAD\n", 6, "conflict marker <<<<<<<"),
    whole("merge-middle", f"{_TREE}=======\r\n", 6, "conflict marker ======="),
    whole("merge-theirs", f"{_TREE}>>>>>>> topic\n", 6, "conflict marker >>>>>>>"),
]

NO_YAML = [
    whole("unclosed-list", "version: 1\nnamespaces: [a\n", 3, "this is no YAML"),
    whole("unclosed-quote", 'version: 1\nnamespaces: "a\n', 3, "this is no YAML"),
    whole("colons", "version: 1\na: b: c\n", 2, "mapping values are not allowed"),
    whole("tab", "version: 1\nnamespaces:\n\tacme: {}\n", 3, "a tab cannot indent"),
    whole("half-pair", 'version: 1\na: "\\ud800"\n', 2, ""),
    told("nul", 'repositories:\n  web: {description: "a\\0"}', 5, "NUL and lone"),
    told("anchor", "robots: &all\n  ci: {}", 4, "anchors and aliases"),
    told("alias", "email: *all", 4, "anchors and aliases"),
    told("cycle", "repositories: &r\n  web: *r", 4, "anchors and aliases"),
    told("python-tag", "email: !!python/object:os.x {}", 4, "tags are not read"),
    told("text-tag", "email: !!str a@example.com", 4, "tags are not read"),
    whole("two", f"{_TREE}---\n{_TREE}", 6, "a second document"),
    whole("directive", f"%YAML 1.2\n---\n{_TREE}", 1, "directives"),
    whole("deep", "version: 1\nnamespaces: " + "[" * 5000, 2, "nested deeper than"),
    whole("deep-lines", f"a:\n{'- ' * 5000}", 2, "nested deeper than"),
    whole("list-key", "version: 1\n? [a]\n: b\n", 2, "a key must be text"),
    told("twice", "enabled: true\nenabled: false", 5, "'enabled' is said twice"),
    told(
        "permission-twice",
        "repositories:\n  web:\n    permissions:\n      bob: read\n      bob: admin",
        8,
        "'bob' is said twice; first on line 7",
    ),
]

NO_DOCUMENT = [
    whole("scalar", "hello\n", 1, "a mapping is wanted, not 'hello'", structural=True),
    whole("list", "- version: 1\n", 1, "a mapping is wanted", structural=True),
    whole("no-version", "namespaces: {}\n", 1, "version: 1 is wanted", structural=True),
    whole(
        "version-2",
        "version: 2\nnamespaces: {}\n",
        1,
        "1 is wanted, not 2",
        structural=True,
    ),
    whole("version-text", 'version: "1"\n', 1, "not '1' in quotes", structural=True),
    whole("version-list", "version: [1]\n", 1, "not a list", structural=True),
    whole("only-version", "version: 1\n", 1, "namespaces is wanted", structural=True),
    whole(
        "unknown-top", "version: 1\nnamespace: {}\n", 2, "'namespace'", structural=True
    ),
    whole("null", "version: 1\nnamespaces:\n", 2, "write {} for", structural=True),
]

NO_NAMESPACE = [
    whole(
        "namespace-name",
        "version: 1\nnamespaces:\n  Acme: {}\n",
        3,
        "namespaces.Acme: Invalid namespace",
        structural=True,
    ),
    whole(
        "formula-name",
        "version: 1\nnamespaces:\n  =HYPERLINK(1): {}\n",
        3,
        "Invalid namespace",
        structural=True,
    ),
    acme("unknown-key", "descripton: x", 4, "unknown key 'descripton'; allowed are"),
    acme("unknown-word", "enabled: yes", 4, "true or false is wanted, not 'yes'"),
    acme(
        "quoted-flag",
        'enabled: "true"',
        4,
        "true or false is wanted, not 'true' in quotes",
    ),
    told("no-email", "email: nobody", 4, "'nobody' is no e-mail address"),
    acme("null-email", "email: null", 4, 'write "" for none'),
    acme("tag-expiration", "tag_expiration_s: 5", 4, "one of 0, 86400"),
    told("huge-int", f"tag_expiration_s: {'9' * 5000}", 4, "at most 4000 digits"),
    acme("float", "tag_expiration_s: 0.5", 4, "a whole number is wanted"),
    acme("personal-teams", "personal: true\nteams: {}", 5, "personal namespace"),
    acme("personal-email", "personal: true\nemail: ''", 5, "personal namespace"),
    told(
        "personal-team-grant",
        "personal: true\nrepositories:\n  web: {permissions: {team:builders: read}}",
        6,
        "a personal namespace has no teams",
    ),
]

NO_TEAM = [
    acme("teams-list", "teams: [builders]", 4, "a mapping is wanted, not a list"),
    acme("team-name", "teams:\n  B: {}", 5, "Invalid team name B"),
    acme("team-role", "teams:\n  builders: {role: owner}", 5, "member, creator, admin"),
    acme("team-key", "teams:\n  builders: {rôle: x}", 5, "unknown key 'rôle'"),
    acme(
        "team-long", f"teams:\n  bb: {{description: {'x' * 4097}}}", 5, "at most 4096"
    ),
    acme("members-table", "teams:\n  bb: {members: {a: b}}", 5, "a list is wanted"),
    acme("member-list", "teams:\n  bb: {members: [[a]]}", 5, "members[0]: text is"),
    acme("member-twice", "teams:\n  bb:\n    members: [al, al]", 6, "said twice"),
    acme("team-in-team", "teams:\n  bb: {members: ['team:cc']}", 5, "is a team"),
    told("member-foreign", "teams:\n  bb: {members: [x1+ci]}", 5, "another namespace"),
    told("member-robot", "teams:\n  bb: {members: [acme+]}", 5, "cannot be a robot"),
    told("member-control", 'teams:\n  bb: {members: ["a\\nb"]}', 5, "be a person"),
]

NO_ROBOT = [
    acme("robots-null", "robots:", 4, "write {} for an empty one"),
    acme("robot-name", "robots:\n  acme+ci: {}", 5, "robot 'acme+ci' is invalid"),
    acme("robot-key", "robots:\n  ci: {descripton: x}", 5, "robots.ci: unknown key"),
    acme("robot-token", "robots:\n  ci: {token: x}", 5, "unknown key 'token'"),
    acme(
        "robot-long", f"robots:\n  ci: {{description: {'x' * 256}}}", 5, "at most 255"
    ),
    acme(
        "bad-date", "robots:\n  ci: {expires_at: tomorrow}", 5, "a time with its zone"
    ),
    told("no-day", "robots:\n  ci: {expires_at: 2030-02-30T00:00:00Z}", 5, "a time"),
    acme("no-zone", "robots:\n  ci: {expires_at: 2030-01-01T00:00:00}", 5, "its zone"),
    acme("only-date", "robots:\n  ci: {expires_at: 2030-01-01}", 5, "its zone"),
    told(
        "year", "robots:\n  ci: {expires_at: 9999-12-31T00:00:00Z}", 5, "2000 to 9998"
    ),
    acme("metadata-text", "robots:\n  ci: {metadata: x}", 5, "a mapping is wanted"),
    told("nan", "robots:\n  ci: {metadata: {a: .nan}}", 5, "NaN and infinity"),
    told("infinite", "robots:\n  ci: {metadata: {a: 1e999}}", 5, "too big a number"),
    told(
        "metadata-deep",
        "robots:\n  ci: {metadata: {a: " + "[" * 70 + "]" * 70 + "}}",
        5,
        "nested deeper than 64 levels",
    ),
    acme("trust-text", "robots:\n  ci:\n    trusts: [x]", 6, "trusts[0]: a mapping"),
    acme("trusts-table", "robots:\n  ci: {trusts: {}}", 5, "a list is wanted"),
    told(
        "trusts-many",
        "robots:\n  ci:\n    trusts: [" + "{}, " * 101 + "]",
        6,
        "At most 100",
    ),
    told("trust-empty", "robots:\n  ci: {trusts: [{}]}", 5, "'issuer' is a required"),
    acme(
        "trust-key",
        "robots:\n  ci:\n    trusts: [{issuer: https://example.com, sub: x}]",
        6,
        "unknown key 'sub'",
    ),
    told(
        "trust-issuer",
        "robots:\n  ci:\n    trusts: [{issuer: example.com, subject: x}]",
        6,
        "Issuer must be a URL",
    ),
    told(
        "trust-twice",
        "robots:\n  ci:\n    trusts:\n"
        "    - {issuer: https://example.com, subject: x}\n"
        "    - {subject: x, issuer: https://example.com}",
        8,
        "this trust is said twice",
    ),
]

NO_REPOSITORY = [
    acme("repository-name", "repositories:\n  Web: {}", 5, "Invalid repository name"),
    acme("repository-list", "repositories:\n  web: []", 5, "a mapping is wanted"),
    acme("visibility", "repositories:\n  web: {visibility: secret}", 5, "private, pub"),
    acme("state", "repositories:\n  web: {state: normal}", 5, "NORMAL, READ_ONLY"),
    acme("state-list", "repositories:\n  web: {state: [NORMAL]}", 5, "not a list"),
    acme("mirror", "repositories:\n  web: {mirror_robot: acme+ci}", 5, "short name"),
    acme("grant-role", "repositories:\n  web: {permissions: {bob: own}}", 5, "'own'"),
    acme(
        "grant-capital",
        "repositories:\n  web: {permissions: {bob: Read}}",
        5,
        "permissions.bob: one of none, read, write, admin is wanted, not 'Read'",
    ),
    acme(
        "grant-key",
        "repositories:\n  web: {permissions: {bob: {role: read, unti: x}}}",
        5,
        "unknown key 'unti'; allowed are role, until",
    ),
    acme(
        "grant-no-role",
        "repositories:\n  web: {permissions: {bob: {until: 2030-01-01T00:00:00Z}}}",
        5,
        "role is wanted",
    ),
    acme(
        "grant-none-until",
        "repositories:\n  web:\n    permissions:\n"
        "      bob: {role: none, until: 2030-01-01T00:00:00Z}",
        7,
        "there is nothing to end",
    ),
    told(
        "grant-foreign",
        "repositories:\n  web:\n    permissions:\n      other+ci: read",
        7,
        "other+ci is a robot of another namespace",
    ),
    told(
        "grant-team",
        "repositories:\n  web: {permissions: {'team:B': read}}",
        5,
        "'B' cannot be a team",
    ),
    acme(
        "grant-nobody",
        "repositories:\n  web: {permissions: {'': read}}",
        5,
        "1 to 255 characters",
    ),
]

NO_DEFAULT = [
    acme("defaults-table", "default_permissions: {}", 4, "a list is wanted"),
    acme("default-to", "default_permissions:\n- role: read", 5, "to is wanted"),
    acme("default-role", "default_permissions:\n- to: bob", 5, "role is wanted"),
    acme("default-none", "default_permissions:\n- {to: bob, role: none}", 5, "one of"),
    acme("default-key", "default_permissions:\n- {to: bob, rule: x}", 5, "'rule'"),
    acme(
        "default-creator",
        "default_permissions:\n- {to: bob, role: read, creator: 'team:bb'}",
        5,
        "creator: 'team:bb' is a team",
    ),
    told(
        "default-foreign",
        "default_permissions:\n- {to: other+ci, role: read}",
        5,
        "another namespace",
    ),
    told(
        "default-twice",
        "default_permissions:\n- {to: bob, role: read}\n- {role: read, to: bob}",
        6,
        "said twice; first on line 5",
    ),
]

NO_CSV = [
    whole("header", "repo,grantee\n", 1, "the first line must be", name="acme.csv"),
    whole("yaml", _TREE, 1, "the first line must be", name="acme.csv"),
    whole("csv-utf-16", _TREE.encode("utf-16"), 1, "UTF-16", name="acme.CSV"),
    whole(
        "csv-header-quote",
        'repository,grantee,role,"until\nacme/web,bob,admin,\n"\n',
        1,
        "the first line must be",
        name="acme.csv",
    ),
    whole(
        "csv-header-open",
        'repository,grantee,role,"until\nacme/web,bob,admin,\n',
        1,
        "this is no CSV",
        name="acme.csv",
    ),
    table("few-cells", "acme/web,bob,read\n", 2, "4 cells are wanted"),
    table("many-cells", "acme/web,bob,read,,\n", 2, "not 5"),
    table(
        "open-quote", 'acme/web,bob,read,\nacme/api,"bob,read,\n', 3, "this is no CSV"
    ),
    table("bad-quote", 'acme/web,"bob"x,read,\n', 2, "this is no CSV"),
    table("returns", "acme/web,bob,read,\racme/api,bob,read,\n", 2, "U+000D"),
    table("conflict", "<<<<<<< ours\n", 2, "conflict marker"),
    table("no-namespace", "web,bob,read,\n", 2, "namespace/name is wanted"),
    table(
        "formula", '"=HYPERLINK(""https://example.com"")",bob,read,\n', 2, "not '=HY"
    ),
    table("guarded", "'=1+1,bob,read,\n", 2, "namespace/name is wanted, not '=1+1'"),
    table("formula-grantee", "acme/web,=cmd|'/c calc'!A0,read,\n", 2, "is a formula"),
    table("formula-role", "acme/web,bob,=1,\n", 2, "role: one of none, read"),
    table("formula-until", "acme/web,bob,read,=NOW()\n", 2, "until: a time"),
    table("csv-foreign", "acme/web,other+ci,read,\n", 2, "another namespace"),
    table("csv-none-until", "acme/web,bob,none,2030-01-01T00:00:00Z\n", 2, "to end"),
    table(
        "csv-twice",
        "acme/web,bob,read,\nacme/api,bob,read,\nacme/web,bob,read,\n",
        4,
        "'bob' on acme/web is said twice; first on line 2",
    ),
    table("long-cell", f"acme/web,{'b' * 200_000},read,\n", 2, "this is no CSV"),
]

BAD_FILES = (
    *NO_TEXT,
    *NO_YAML,
    *NO_DOCUMENT,
    *NO_NAMESPACE,
    *NO_TEAM,
    *NO_ROBOT,
    *NO_REPOSITORY,
    *NO_DEFAULT,
    *NO_CSV,
)
