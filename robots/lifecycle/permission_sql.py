"""The statements of `robots.lifecycle.permission_staging`, as texts.

Names in braces are those of tables and columns, quoted by the database, and the
fragments below; whatever a person wrote is a parameter. `w` is a wanted row, `r` its
repository, `g` its grantee, `p` the permission that is there, `e` the audit event.
"""

STAGED = (
    "CREATE TEMPORARY TABLE {staged} (grantee_id {key_type} NOT NULL,"
    " repository_id bigint NOT NULL, role {role_type}, until {until_type},"
    " intent integer NOT NULL, PRIMARY KEY (grantee_id, repository_id)){ending}"
)
EVENTS = (
    "CREATE TEMPORARY TABLE {events} (grantee_id {key_type} NOT NULL,"
    " intent integer NOT NULL, event_id bigint NOT NULL,"
    " PRIMARY KEY (grantee_id, intent)){ending}"
)
DROP_STAGED = "DROP TABLE {staged}"
DROP_EVENTS = "DROP TABLE {events}"
ANALYZE = "ANALYZE {staged}"

FRAGMENTS = {
    "columns": "{staged} (grantee_id, repository_id, role, until, intent)",
    "later_wins": (
        "ON CONFLICT (grantee_id, repository_id) DO UPDATE SET"
        " role = excluded.role, until = excluded.until, intent = excluded.intent"
    ),
    "matched": "p.repository_id = w.repository_id AND p.{grantee} = w.grantee_id",
    # CROSS JOIN makes SQLite read the wanted rows first, in whatever it knows of them.
    "wanted": "{staged} w CROSS JOIN {repositories} r",
    "here": "r.id = w.repository_id AND r.namespace_id = %s",
    "differs": (
        "(p.role <> w.role OR p.expires_at <> w.until"
        " OR (p.expires_at IS NULL) <> (w.until IS NULL))"
    ),
}
CHANGE = (
    "CASE WHEN p.id IS NULL THEN CASE WHEN w.role IS NULL THEN 0 ELSE {added} END"
    " WHEN w.role IS NULL THEN {removed} WHEN {differs} THEN {changed} ELSE 0 END"
)
"""The number of `Change`, or 0 for what stays."""

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
MISSING = (
    "SELECT COUNT(*) FROM {staged} w LEFT JOIN {repositories} r ON {here}"
    " WHERE r.id IS NULL"
)
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
    "SELECT COUNT(*) FROM (SELECT p.id FROM {staged} w CROSS JOIN {permissions} p"
    " WHERE {matched} ORDER BY p.repository_id, p.id {update_of_p}) locked"
)

COUNTS = (
    "SELECT {label}, counted.change, counted.number FROM"
    " (SELECT w.grantee_id, {change} AS change, COUNT(*) AS number"
    " FROM {wanted} LEFT JOIN {permissions} p ON {matched} WHERE {here}"
    " GROUP BY 1, 2) counted"
    " JOIN {grantees} g ON g.{grantee_key} = counted.grantee_id"
)
CHANGES = (
    "SELECT r.name AS repository, {label} AS grantee, {change} AS change,"
    " p.role AS role_before, p.expires_at AS until_before, w.role AS role_after,"
    " w.until AS until_after FROM {wanted} CROSS JOIN {grantees} g"
    " LEFT JOIN {permissions} p ON {matched}"
    " WHERE {here} AND g.{grantee_key} = w.grantee_id AND {change} <> 0"
)
GROUPS = (
    "SELECT counted.grantee_id, counted.intent, {label}, counted.change,"
    " counted.number FROM"
    " (SELECT w.grantee_id, w.intent, {change} AS change, COUNT(*) AS number"
    " FROM {wanted} LEFT JOIN {permissions} p ON {matched} WHERE {here}"
    " AND {change} <> 0 GROUP BY 1, 2, 3) counted"
    " JOIN {grantees} g ON g.{grantee_key} = counted.grantee_id"
    " ORDER BY counted.grantee_id, counted.intent, counted.change"
)
FIRST_NAMES = (
    "SELECT r.name FROM {wanted} LEFT JOIN {permissions} p ON {matched}"
    " WHERE {here} AND w.grantee_id = %s AND w.intent = %s AND {change} = %s"
    " ORDER BY r.name{collation} LIMIT %s"
)

NOTE_EVENTS = (
    "INSERT INTO {events} (grantee_id, intent, event_id) VALUES {rows}"
    " ON CONFLICT (grantee_id, intent) DO UPDATE SET event_id = excluded.event_id"
)
SMALL_PRINT = (
    "INSERT INTO {changes} (event_id, repository_name, change, before_role,"
    " before_until) SELECT e.event_id, r.name, {change}, p.role, p.expires_at"
    " FROM {wanted} CROSS JOIN {events} e LEFT JOIN {permissions} p ON {matched}"
    " WHERE {here} AND e.grantee_id = w.grantee_id AND e.intent = w.intent"
    " AND {change} <> 0 ORDER BY r.name{collation}, e.event_id"
)
REMOVE = (
    "DELETE FROM {permissions} WHERE id IN (SELECT p.id"
    " FROM {wanted} CROSS JOIN {permissions} p"
    " WHERE {here} AND {matched} AND w.role IS NULL)"
)
REPLACE = (
    "UPDATE {permissions} AS p SET role = w.role, expires_at = w.until"
    " FROM {staged} w WHERE {matched} AND p.namespace_id = %s"
    " AND w.role IS NOT NULL AND {differs}"
)
# What somebody else granted just now is left alone: the number of rows tells of it.
ADD = (
    "INSERT INTO {permissions} (namespace_id, repository_id, {grantee}, role,"
    " created_at, expires_at) SELECT r.namespace_id, w.repository_id, w.grantee_id,"
    " w.role, %s, w.until FROM {wanted} WHERE {here} AND w.role IS NOT NULL"
    " ON CONFLICT (repository_id, {grantee}) DO NOTHING"
)
