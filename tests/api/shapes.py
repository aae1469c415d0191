"""The shapes of errors of the API."""


def shape_a(kind: str, message: str, status: int) -> dict[str, object]:
    return {
        "detail": message,
        "error_message": message,
        "error_type": kind,
        "title": kind,
        "type": f"http://127.0.0.1:8000/api/v1/error/{kind}",
        "status": status,
    }


REQUIRES_AUTHENTICATION = shape_a("invalid_token", "Requires authentication", 401)
UNAUTHORIZED = shape_a("insufficient_scope", "Unauthorized", 403)
