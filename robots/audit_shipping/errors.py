"""Why events could not be shipped."""


class ShippingFailed(Exception):
    """A destination did not take them; the text has no secret and no answer of its."""
