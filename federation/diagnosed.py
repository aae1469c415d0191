"""A diagnosis as plain data: for JSON, whoever asks for it. It holds no token."""

from typing import Any

from federation.diagnosis import Diagnosis, Verdict
from federation.errors import shown
from robots.models import Robot


def facts(robot: Robot, diagnosis: Diagnosis) -> dict[str, Any]:
    """All that is known about one token and one robot."""
    return {
        "admitted": diagnosis.admitted,
        "verified": diagnosis.verified,
        "reason": shown(diagnosis.reason),
        "robot": {
            "name": robot.full_name,
            "may_log_in": not diagnosis.issues,
            "reasons": list(diagnosis.issues),
        },
        "trusts": [_verdict(verdict) for verdict in diagnosis.verdicts],
        "matched": diagnosis.matched.pk if diagnosis.matched else None,
        "nearest": diagnosis.nearest.pk if diagnosis.nearest else None,
        "already_used": diagnosis.already_used,
        "used_up": diagnosis.is_used_up,
        "grants": [
            {"repository": grant.repository, "role": grant.role.label}
            for grant in diagnosis.grants
        ],
        "grants_count": diagnosis.grants_count,
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    trust, refused = verdict.trust, verdict.refused
    return {
        "id": trust.pk,
        "name": trust.name,
        "issuer": trust.issuer,
        "subject": trust.subject,
        "verdict": verdict.outcome.value,
        "check": refused.check if refused else "",
        "claim": shown(refused.claim) if refused else "",
        "expected": refused.expected if refused else None,
        "actual": refused.actual if refused else None,
        "reason": reason(verdict),
    }


def reason(verdict: Verdict) -> str:
    """Why a trust refuses the token, short enough to show; empty if it does not."""
    return str(shown(verdict.refused.reason)) if verdict.refused else ""
