"""From an audit event's row to its sentence."""

from robots.audit_sentences import Told, sentence
from robots.models import AuditEvent


def sentence_of(event: AuditEvent) -> str:
    """What happened, in words."""
    return sentence(
        Told(
            event.kind,
            event.performer_kind,
            event.performer_name,
            event.namespace_name,
            event.repository_name,
            event.facts if isinstance(event.facts, dict) else {},
        )
    )
