"""The statements of `robots.lifecycle.permission_staging`, as texts.

Names in braces are those of tables and columns, quoted by the database, and the
fragments below; whatever a person wrote is a parameter. `w` is a wanted row, `r` its
repository, `g` its grantee, `p` the permission that is there, `d` what differs between
the two, `e` the audit event. Each `by_...` is the unique index that SQLite must use,
whatever its statistics say.
"""

STAGED = (
    "CREATE TEMPORARY TABLE {staged} (grantee_id {key_type} NOT NULL,"
    " repository_id bigint NOT NULL, role {role_type}, until {until_type},"
    " intent integer NOT NULL, PRIMARY KEY (grantee_id, repository_id)){ending}"
)
# The order of the key is that of the groups, and nearly that of the staged rows.
DIFFERENCES = (
    "CREATE TEMPORARY TABLE {differences} (grantee_id {key_type} NOT NULL,"
    " intent integer NOT NULL, change integer NOT NULL, repository_id bigint NOT NULL,"
    " name {name_type}, role {role_type}, until {until_type}, permission_id bigint,"
    " role_before {role_type}, until_before {until_type},"
    " PRIMARY KEY (grantee_id, intent, change, repository_id)){ending}"
)
EVENTS = (
    "CREATE TEMPORARY TABLE {events} (grantee_id {key_type} NOT NULL,"
    " intent integer NOT NULL, event_id bigint NOT NULL,"
    " PRIMARY KEY (grantee_id, intent)){ending}"
)
DROP_STAGED = "DROP TABLE {staged}"
DROP_DIFFERENCES = "DROP TABLE {differences}"
DROP_EVENTS = "DROP TABLE {events}"
ANALYZE = "ANALYZE {staged}"

FRAGMENTS = {
    "columns": "{staged} (grantee_id, repository_id, role, until, intent)",
    "later_wins": (
        "ON CONFLICT (grantee_id, repository_id) DO UPDATE SET"
        " role = excluded.role, until = excluded.until, intent = excluded.intent"
    ),
    "matched": "p.repository_id = w.repository_id AND p.{grantee} = w.grantee_id",
    "here": "r.id = w.repository_id AND r.namespace_id = %s",
    "differs": (
        "(p.role <> w.role OR p.expires_at <> w.until"
        " OR (p.expires_at IS NULL) <> (w.until IS NULL))"
    ),
}
CHANGE = (
    "CASE WHEN r.id IS NULL THEN {missing}"
    " WHEN p.id IS NULL THEN CASE WHEN w.role IS NULL THEN 0 ELSE {added} END"
    " WHEN w.role IS NULL THEN {removed} WHEN {differs} THEN {changed} ELSE 0 END"
)
"""The number of `Change`, or 0 for what stays, or -1 where the repository is gone."""

VALUES = "INSERT INTO {columns} VALUES {rows} {later_wins}"
PRODUCT = (
    "INSERT INTO {columns} SELECT g.{grantee_key}, chosen.chosen_id, %s, %s, %s"
    " FROM {grantees} g CROSS JOIN ({chosen}) chosen"
    " WHERE g.{grantee_key} IN ({places}) {later_wins}"
)
NOTHING_ELSE = (
    "INSERT INTO {columns} SELECT p.{grantee}, p.repository_id, NULL, NULL, %s"
    " FROM {permissions} p WHERE p.{grantee} IS NOT NULL AND p.namespace_id = %s"
    " AND p.repository_id IN ({places})"
    " ON CONFLICT (grantee_id, repository_id) DO NOTHING"
)

TOTALS = "SELECT COUNT(*), COUNT(DISTINCT grantee_id) FROM {staged}"
LOCK_GRANTEES = (
    "SELECT COUNT(*) FROM (SELECT g.{grantee_key} FROM {grantees} g"
    " WHERE g.{grantee_key} IN (SELECT grantee_id FROM {staged})"
    " ORDER BY g.{grantee_key} {no_key_update}) locked"
)
LOCK_REPOSITORIES = (
    "SELECT COUNT(*) FROM (SELECT r.id FROM {repositories} r WHERE r.id IN"
    " (SELECT repository_id FROM {staged}) ORDER BY r.id {key_share}) locked"
)
LOCK_PERMISSIONS = (
    "SELECT COUNT(*) FROM (SELECT p.id FROM {staged} w"
    " CROSS JOIN {permissions} p {by_grantee} WHERE {matched}"
    " ORDER BY p.repository_id, p.id {update_of_p}) locked"
)

FORGET_DIFFERENCES = "DELETE FROM {differences}"
COMPARE = (
    "INSERT INTO {differences} (grantee_id, intent, change, repository_id, name, role,"
    " until, permission_id, role_before, until_before)"
    " SELECT w.grantee_id, w.intent, {change}, w.repository_id, r.name, w.role,"
    " w.until, p.id, p.role, p.expires_at"
    " FROM {staged} w LEFT JOIN {repositories} r {by_repository} ON {here}"
    " LEFT JOIN {permissions} p {by_grantee} ON {matched} WHERE {change} <> 0"
)
MISSING = "SELECT COUNT(*) FROM {differences} WHERE change = {missing}"

# CROSS JOIN makes SQLite read its left side first, whatever it knows of the right.
COUNTS = (
    "SELECT {label}, counted.change, counted.number FROM"
    " (SELECT grantee_id, 0 AS change, COUNT(*) AS number FROM {staged}"
    " GROUP BY grantee_id"
    " UNION ALL SELECT grantee_id, change, COUNT(*) FROM {differences}"
    " GROUP BY grantee_id, intent, change) counted"
    " CROSS JOIN {grantees} g {by_key} WHERE g.{grantee_key} = counted.grantee_id"
)
CHANGES = (
    "SELECT d.name AS repository, {label} AS grantee, d.change, d.role_before,"
    " d.until_before, d.role AS role_after, d.until AS until_after"
    " FROM {differences} d CROSS JOIN {grantees} g {by_key}"
    " WHERE g.{grantee_key} = d.grantee_id AND d.change <> {missing}"
)
GROUPS = (
    "SELECT counted.grantee_id, counted.intent, {label}, counted.change,"
    " counted.number FROM"
    " (SELECT grantee_id, intent, change, COUNT(*) AS number FROM {differences}"
    " GROUP BY grantee_id, intent, change) counted"
    " CROSS JOIN {grantees} g {by_key} WHERE g.{grantee_key} = counted.grantee_id"
    " ORDER BY counted.grantee_id, counted.intent, counted.change"
)
FIRST_NAMES = (
    "SELECT d.name FROM {differences} d"
    " WHERE d.grantee_id = %s AND d.intent = %s AND d.change = %s"
    " ORDER BY d.name{collation} LIMIT %s"
)

NOTE_EVENTS = (
    "INSERT INTO {events} (grantee_id, intent, event_id) VALUES {rows}"
    " ON CONFLICT (grantee_id, intent) DO UPDATE SET event_id = excluded.event_id"
)
SMALL_PRINT = (
    "INSERT INTO {changes} (event_id, repository_name, change, before_role,"
    " before_until)"
    " SELECT e.event_id, d.name, d.change, d.role_before, d.until_before"
    " FROM {events} e CROSS JOIN {differences} d"
    " WHERE d.grantee_id = e.grantee_id AND d.intent = e.intent"
    " ORDER BY d.name{collation}, e.event_id"
)
REMOVE = (
    "DELETE FROM {permissions} WHERE id IN"
    " (SELECT permission_id FROM {differences} WHERE change = {removed})"
)
# By the staged rows, whose key is the pair; differences would be searched for each.
REPLACE = (
    "UPDATE {permissions} AS p {by_grantee} SET role = w.role, expires_at = w.until"
    " FROM {staged} w WHERE {matched} AND p.namespace_id = %s"
    " AND w.role IS NOT NULL AND {differs}"
)
# In the order of the unique indexes, as the rows of one grantee are already.
BY_REPOSITORY = "ORDER BY d.repository_id, d.grantee_id"
# What somebody else granted just now is left alone: the number of rows tells of it.
ADD = (
    "INSERT INTO {permissions} (namespace_id, repository_id, {grantee}, role,"
    " created_at, expires_at) SELECT %s, d.repository_id, d.grantee_id, d.role, %s,"
    " d.until FROM {differences} d WHERE d.change = {added} {order}"
    " ON CONFLICT (repository_id, {grantee}) DO NOTHING"
)
