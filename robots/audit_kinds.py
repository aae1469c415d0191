"""The kinds of audit events, in groups, and the sentence that tells of each.

Pure. `robots.audit_sentences` puts the words in.
"""

from enum import StrEnum


class Group(StrEnum):
    """What events are about, in the words of who looks for them."""

    LOGINS = "Logins"
    ROBOTS = "Robot accounts and their tokens"
    PERMISSIONS = "Permissions"
    REPOSITORIES = "Repositories"
    TEAMS = "Teams and membership"
    FEDERATION = "Federation"
    ORGANIZATIONS = "Organizations"
    PEOPLE = "People and staff"
    APPLICATIONS = "Applications and OAuth tokens"
    LOGS = "Exports and purges of logs"


SENTENCES: dict[Group, dict[str, str]] = {
    Group.LOGINS: {
        "login_success": "{login} logged in",
        "login_failure": "A login as {login} was refused{message}",
        "login_blocked": "Logins as {login} failed too often, and wait{until}",
    },
    Group.ROBOTS: {
        "create_robot": "{who} created the robot account {robot}",
        "change_robot": "{who} changed the robot account {robot}{fields}",
        "delete_robot": "{who} deleted the robot account {robot}",
        "enable_robot": "{who} enabled the robot account {robot}",
        "disable_robot": "{who} disabled the robot account {robot}",
        "create_robot_token": "{who} created another token for {robot}{until}",
        "regenerate_robot_token": "{who} regenerated the token of {robot}{until}",
        "revoke_robot_token": "{who} revoked a token of {robot}",
        "read_robot_token": "{who} was shown the token of {robots}",
        "import_robot_secret": "{who} brought the secret of {robot} along, as a hash",
        "revoke_imported_secret": (
            "{who} revoked the secret of {robot} that was brought along"
        ),
        "exchange_robot_secret": (
            "{robot} logged in with the secret that was brought along, which is a"
            " token now"
        ),
        "begin_resealing": "{who} began to bring sealed secrets to another key",
        "end_resealing": "{who} brought sealed secrets to another key",
        "turn_on_emergency_switch": "{who} stopped {stopped}{reason}",
        "change_emergency_switch": (
            "{who} changed the terms of stopping {stopped}{reason}"
        ),
        "turn_off_emergency_switch": "{who} let {stopped} go on",
    },
    Group.PERMISSIONS: {
        "change_repo_permission": "{who} gave {grantee} {role} on {repo}{until}",
        "change_repo_permissions": (
            "{who} set the role of {grantee} to {role} on several repositories{until}"
        ),
        "delete_repo_permission": "{who} took the permission of {grantee} on {repo}",
        "purge_repo_permissions": (
            "{who} removed permissions of {grantee} that had ended"
        ),
        "create_prototype_permission": (
            "{who} made {role} for {delegate} a default permission of {namespace}"
        ),
        "modify_prototype_permission": (
            "{who} changed the default permission of {delegate} in {namespace} to"
            " {role}"
        ),
        "delete_prototype_permission": (
            "{who} removed the default permission of {delegate} in {namespace}"
        ),
    },
    Group.REPOSITORIES: {
        "create_repo": "{who} created the {visibility} repository {repo}",
        "delete_repo": "{who} deleted the repository {repo}",
        "set_repo_description": "{who} changed the description of {repo}",
        "change_repo_visibility": "{who} made {repo} {visibility}",
        "change_repo_state": "{who} set the state of {repo} to {state}",
        "change_repo_mirror_robot": (
            "{who} set the robot that mirrors {repo} to {mirror_robot}"
        ),
    },
    Group.TEAMS: {
        "org_create_team": "{who} created the team {team} in {namespace}",
        "org_delete_team": "{who} deleted the team {team} of {namespace}",
        "org_add_team_member": "{who} added {member} to the team {team}",
        "org_remove_team_member": "{who} removed {member} from the team {team}",
        "org_set_team_role": "{who} set the role of the team {team} to {role}",
        "org_set_team_description": "{who} changed the description of the team {team}",
    },
    Group.FEDERATION: {
        "create_robot_federation": "{who} set the federation of {robot}",
        "delete_robot_federation": "{who} removed the federation of {robot}",
        "add_robot_trust": "{who} let tokens of {issuer} act as {robot}",
        "change_robot_trust": "{who} changed a trust of {robot}",
        "enable_robot_trust": "{who} enabled a trust of {robot}",
        "disable_robot_trust": "{who} disabled a trust of {robot}",
        "remove_robot_trust": "{who} removed a trust of {robot}",
        "federated_robot_login": "{subject} of {issuer} logged in as {robot}",
        "federated_robot_token_exchange": (
            "{subject} of {issuer} exchanged its token for one of {robot}"
        ),
        "federated_robot_token_refused": (
            "A token that was to act as {robot} was refused{reason}"
        ),
    },
    Group.ORGANIZATIONS: {
        "org_create": "{who} created the organization {namespace}",
        "org_delete": "{who} deleted the organization {namespace}",
        "org_change_name": "{who} renamed the organization {old_name} to {new_name}",
        "org_change_email": "{who} changed the e-mail address of {namespace}",
        "org_change_invoicing": "{who} changed the invoicing of {namespace}",
        "org_change_tag_expiration": "{who} changed the tag expiration of {namespace}",
        "enable_namespace": "{who} enabled {namespace}",
        "disable_namespace": "{who} disabled {namespace}",
        "take_ownership": "{who} took over {taken}",
    },
    Group.PEOPLE: {
        "user_create": "{who} created the person {username}",
        "user_change": "{who} changed the person {username}{changed}",
        "user_delete": "{who} deleted the person {username}",
        "user_enable": "{who} activated the person {username}",
        "user_disable": "{who} deactivated the person {username}",
        "user_change_name": "{who} renamed the person {old_username} to {username}",
        "user_change_email": "{who} changed the e-mail address of {username}",
        "user_change_invoicing": "{who} changed the invoicing of {username}",
        "user_change_metadata": "{who} changed the profile of {username}{changed}",
        "user_change_staff": "{who} changed whether {username} is staff",
        "user_link_account": "{who} linked an account of {issuer} to {username}",
        "user_unlink_account": "{who} unlinked an account of {issuer} from {username}",
        "user_change_superuser": "{who} changed whether {username} is a superuser",
        "user_change_tag_expiration": "{who} changed the tag expiration of {username}",
        "user_generate_client_key": "{who} generated an encrypted password",
        "account_change_password": "{who} changed the password of {username}",
        "group_create": "{who} created the group of staff {name}",
        "group_change": "{who} changed the group of staff {name}{changed}",
        "group_delete": "{who} deleted the group of staff {name}",
    },
    Group.APPLICATIONS: {
        "create_application": "{who} registered the application {application}",
        "update_application": "{who} changed the application {application}",
        "delete_application": "{who} deleted the application {application}",
        "read_application_client_secret": (
            "{who} was shown the client secret of {application}"
        ),
        "reset_application_client_secret": (
            "{who} replaced the client secret of {application}"
        ),
        "assign_application": "{who} offered {username} a token of {application}",
        "decline_application": "{who} declined the token offered by {application}",
        "authorize_application": "{who} let the application {application} act for them",
        "create_oauth_api_token": "{who} created an OAuth token of {application}",
        "revoke_oauth_api_token": "{who} revoked an OAuth token of {application}",
        "create_app_specific_token": "{who} created the application token {title}",
        "read_app_specific_token": "{who} was shown the application token {title}",
        "revoke_app_specific_token": "{who} revoked the application token {title}",
    },
    Group.LOGS: {
        "export_logs_success": "{who} exported the log to a file of the server",
        "export_logs_failure": "{who} failed to export the log{reason}",
        "export_logs_csv": "{who} exported the log as CSV",
        "purge_audit": "{who} purged {events} old events of the log",
    },
}

KINDS: dict[Group, frozenset[str]] = {
    group: frozenset(sentences) for group, sentences in SENTENCES.items()
}
"""The kinds of events in each group."""
