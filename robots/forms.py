"""Reading the form in a request's body, whatever is sent in its place."""

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.http.request import UnreadablePostError

_FORM = "application/x-www-form-urlencoded"


class FormUnreadable(Exception):
    """There is no form in the body; `message` is meant for the caller."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class FormTooLarge(FormUnreadable):
    """The body is larger than any real one."""


def read_form(request: HttpRequest) -> QueryDict:
    """The form's fields. Raises FormUnreadable, or FormTooLarge.

    Nothing but the encoding that RFC 6749 names is read: Django would write the
    files of a multipart body to disk, and decode its text in any charset.
    """
    if request.content_type != _FORM:
        raise FormUnreadable(f"The body must be a form: {_FORM}")
    try:
        return request.POST
    except RequestDataTooBig:
        raise FormTooLarge(
            f"The body is longer than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes"
        ) from None
    except (BadRequest, SuspiciousOperation):
        raise FormUnreadable("The body is not a form") from None
    except UnreadablePostError:
        raise FormUnreadable("The body could not be read") from None
