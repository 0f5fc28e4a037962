"""The error that services raise with messages for users."""


class LinkExpired(Exception):
    """A signed link is ours, but too old."""


class ServiceError(Exception):
    """The request was rejected and nothing has changed. Its texts may be shown to the user."""

    #: The field of the form that it is about, if the form knows.
    field: str | None = None

    def __init__(self, *texts: str) -> None:
        super().__init__(*texts)
        self.texts = texts
