"""The rows of a seeded world that the database makes by itself, in both dialects.

`series` holds whole numbers from 0 on. Keys are numbers plus one: those of people's
own namespaces come after those of organizations.
"""

CREATE_SERIES = "CREATE TEMPORARY TABLE series (i INTEGER PRIMARY KEY)"
FILL_SERIES = """
WITH RECURSIVE counted(i) AS (
    SELECT 0 UNION ALL SELECT i + 1 FROM counted WHERE i + 1 < %(length)s
)
INSERT INTO series (i) SELECT i FROM counted"""
DROP_SERIES = "DROP TABLE series"

_PEOPLE = """
INSERT INTO quaysite_user (id, password, is_superuser, username, first_name, last_name,
    email, is_staff, is_active, date_joined, company, location)
SELECT i + 1, %(password)s, FALSE, 'person-' || i, '', '',
    'person-' || i || '@example.test', FALSE, TRUE, %(at)s, '', ''
FROM series WHERE i < %(people)s"""

_ORGANIZATIONS = """
INSERT INTO robots_namespace (id, name, kind, enabled, email, invoice_email,
    invoice_email_address, tag_expiration_s, created_at)
SELECT i + 1, 'org-' || i, 'organization', TRUE, '', FALSE, '', 1209600, %(at)s
FROM series WHERE i < %(organizations)s"""

_OWN_NAMESPACES = """
INSERT INTO robots_namespace (id, name, kind, owner_id, enabled, email, invoice_email,
    invoice_email_address, tag_expiration_s, created_at)
SELECT %(organizations)s + i + 1, 'person-' || i, 'personal', i + 1, TRUE, '', FALSE,
    '', 1209600, %(at)s
FROM series WHERE i < %(people)s"""

_ROBOTS = """
INSERT INTO robots_robot (id, namespace_id, name, description, metadata, enabled,
    created_at)
SELECT i + 1, i / %(robots_of_one)s + 1, 'ci-' || (i %% %(robots_of_one)s),
    'Builds number ' || i, '{}', TRUE, %(at)s
FROM series WHERE i < %(robots)s"""

# One of fifty is public.
_REPOSITORIES = """
INSERT INTO robots_repository (id, namespace_id, name, description, visibility, state,
    created_at)
SELECT i + 1, i / %(repositories_of_one)s + 1,
    'app-' || (i %% %(repositories_of_one)s), '',
    CASE WHEN i %% 50 = 49 THEN %(public)s ELSE %(private)s END, %(normal)s, %(at)s
FROM series WHERE i < %(organizations)s * %(repositories_of_one)s"""

# Ten an organization: owners, makers, and eight that have members and permissions.
_TEAMS = """
INSERT INTO robots_team (id, namespace_id, name, description, role, created_at)
SELECT i + 1, i / 10 + 1,
    CASE i %% 10 WHEN 0 THEN 'owners' WHEN 1 THEN 'makers'
        ELSE 'team-' || (i %% 10 - 2) END, '',
    CASE i %% 10 WHEN 0 THEN 3 WHEN 1 THEN 2 ELSE 1 END, %(at)s
FROM series WHERE i < %(organizations)s * 10"""

# Each fourth robot is in one team, each hundredth in the one that may create.
_ROBOTS_IN_TEAMS = """
INSERT INTO robots_teammember (namespace_id, team_id, robot_id, created_at)
SELECT r.namespace_id,
    (r.namespace_id - 1) * 10
        + CASE WHEN i %% 100 = 1 THEN 2 ELSE 3 + i / 4 %% 8 END,
    r.id, %(at)s
FROM series JOIN robots_robot r ON r.id = i + 1
WHERE i < %(robots)s AND (i %% 4 = 0 OR i %% 100 = 1)"""

_PEOPLE_IN_TEAMS = """
INSERT INTO robots_teammember (namespace_id, team_id, user_id, created_at)
SELECT i %% %(organizations)s + 1,
    i %% %(organizations)s * 10
        + CASE WHEN i < %(organizations)s THEN 1 ELSE 3 + i / 4 %% 8 END,
    i + 1, %(at)s
FROM series WHERE i < %(people)s"""

# The first loop is the outer one: rows come in the order of the unique indexes,
# which SQLite could not make afterwards.
_ROBOTS_PERMISSIONS = """
INSERT INTO robots_repositorypermission (namespace_id, repository_id, robot_id, role,
    created_at)
SELECT organization + 1, repository, organization * %(robots_of_one)s + robot + 1,
    CASE WHEN turn %% %(every_pushed)s = 0 THEN %(write)s ELSE %(read)s END, %(at)s
FROM (
    SELECT m.i + 1 AS repository, m.i / %(repositories_of_one)s AS organization,
        j.i AS turn,
        (%(repositories_of_one)s + m.i %% %(repositories_of_one)s
            - j.i * %(stride)s %% %(repositories_of_one)s)
            %% %(repositories_of_one)s AS robot
    FROM series m CROSS JOIN series j
    WHERE m.i < %(organizations)s * %(repositories_of_one)s AND j.i < %(each)s
) AS granted
WHERE robot < %(robots_of_one)s
    AND organization * %(robots_of_one)s + robot < %(robots)s"""

# Each of the eight teams reads twenty repositories.
_TEAMS_PERMISSIONS = """
INSERT INTO robots_repositorypermission (namespace_id, repository_id, team_id, role,
    created_at)
SELECT t.namespace_id,
    (t.namespace_id - 1) * %(repositories_of_one)s
        + (t.id %% 10 * 20 + j.i) %% %(repositories_of_one)s + 1,
    t.id, %(read)s, %(at)s
FROM robots_team t CROSS JOIN series j
WHERE t.role = 1 AND j.i < 20 AND j.i < %(repositories_of_one)s"""

_PEOPLES_PERMISSIONS = """
INSERT INTO robots_repositorypermission (namespace_id, repository_id, user_id, role,
    created_at)
SELECT p.i %% %(organizations)s + 1,
    p.i %% %(organizations)s * %(repositories_of_one)s
        + (p.i / %(organizations)s + j.i) %% %(repositories_of_one)s + 1,
    p.i + 1, %(write)s, %(at)s
FROM series p CROSS JOIN series j
WHERE p.i < %(people)s AND j.i < 3 AND j.i < %(repositories_of_one)s"""

SMALL_TABLES = (
    _PEOPLE,
    _ORGANIZATIONS,
    _OWN_NAMESPACES,
    _ROBOTS,
    _REPOSITORIES,
    _TEAMS,
    _ROBOTS_IN_TEAMS,
    _PEOPLE_IN_TEAMS,
)
PERMISSIONS = (_ROBOTS_PERMISSIONS, _TEAMS_PERMISSIONS, _PEOPLES_PERMISSIONS)
