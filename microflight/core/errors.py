"""The error that services raise with messages for users."""


class ServiceError(Exception):
    """The request was rejected and nothing has changed. Its texts may be shown to the user."""

    def __init__(self, *texts: str) -> None:
        super().__init__(*texts)
        self.texts = texts
