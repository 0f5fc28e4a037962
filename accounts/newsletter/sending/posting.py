"""Handing letters over: to a mail server, or to whatever mail backend is set up."""

import smtplib
from contextlib import suppress
from typing import Any, Protocol

from django.conf import settings
from django.core.mail import get_connection

from accounts.newsletter.sending.journal import Journal
from accounts.newsletter.sending.letters import Letter
from accounts.newsletter.sending.outcomes import Outcome, later
from accounts.newsletter.sending.smtp import CarefulBackend
from accounts.newsletter.states import DeliveryState

_SMTP = "django.core.mail.backends.smtp.EmailBackend"
_FILES = "django.core.mail.backends.filebased.EmailBackend"
_LOST = "the connection broke after the letter was handed over"


class NoServer(Exception):
    """The mail server cannot be reached, or wants to be left alone. Nothing was handed over."""


class RefusedRecipient(Outcome):
    """The server refused this recipient for good, or for a day; its words say why."""


class Post(Protocol):
    """Where letters are handed over, one after the other."""

    def post(self, letter: Letter, attempts: int, journal: Journal) -> Outcome:
        """Hand one over; return what became of it. Raises NoServer."""

    def close(self) -> None:
        """Say goodbye."""


def open_post() -> Post:
    """Return the way that the settings name."""
    return SmtpPost() if settings.EMAIL_BACKEND == _SMTP else BackendPost()


class SmtpPost:
    """One connection to a mail server, opened when it is needed and kept."""

    def __init__(self) -> None:
        self._backend = CarefulBackend()

    def post(self, letter: Letter, attempts: int, journal: Journal) -> Outcome:
        """Hand one over; return what became of it. Raises NoServer."""
        server = self._server()
        try:
            outcome = self._talk(server, letter, attempts, journal)
        except (OSError, smtplib.SMTPException) as problem:
            self.close()
            entry = journal.read().get(letter.pk)
            if entry is None:  # not handed over
                return later(letter.pk, _words(problem), attempts)
            outcome = Outcome(letter.pk, DeliveryState.DOUBT, _LOST, True, attempts)
            _note(journal, outcome)
        return outcome

    def _server(self) -> Any:
        try:
            self._backend.open()
            server: Any = self._backend.connection
            server.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException) as problem:
            self.close()
            raise NoServer(_words(problem)) from problem
        return server

    def _talk(self, server: Any, letter: Letter, attempts: int, journal: Journal) -> Outcome:
        code, answer = server.mail(letter.sender)
        if code == 421:
            self.close()
            raise NoServer(_answer(code, answer))
        if code == 250:
            code, answer = server.rcpt(letter.recipient)
            if code not in (250, 251):
                return self._refused(letter, attempts, code, answer, at_recipient=True)
            code, answer = server.hand_over(letter.as_bytes(), letter.pk, journal)
        if code != 250:
            outcome = self._refused(letter, attempts, code, answer, at_recipient=False)
            _note(journal, outcome)
            return outcome
        journal.answered(letter.pk, "taken")
        return Outcome(letter.pk, DeliveryState.SENT, tried=True)

    def _refused(
        self, letter: Letter, attempts: int, code: int, answer: bytes, *, at_recipient: bool
    ) -> Outcome:
        words = _answer(code, answer)
        if code == 421:
            self.close()
        else:
            with suppress(OSError, smtplib.SMTPException):
                self._backend.connection.rset()  # type: ignore[union-attr]
        again = later(letter.pk, words, attempts)
        if code < 500 and (again.state == DeliveryState.QUEUED or not at_recipient):
            return again
        kind = RefusedRecipient if at_recipient else Outcome
        return kind(letter.pk, DeliveryState.FAILED, words, True, attempts)

    def close(self) -> None:
        """Say goodbye."""
        with suppress(OSError, smtplib.SMTPException):
            self._backend.close()
        self._backend.connection = None


class BackendPost:
    """Any other backend of Django's: files of the demo, a provider's API by django-anymail."""

    def __init__(self) -> None:
        self._backends: list[Any] = []

    def _backend(self) -> Any:
        # Django's file backend puts all letters of one connection into one file
        if not self._backends or settings.EMAIL_BACKEND == _FILES:
            self._backends.append(get_connection())
        return self._backends[-1]

    def post(self, letter: Letter, attempts: int, journal: Journal) -> Outcome:
        """Hand one over; return what became of it."""
        backend, email = self._backend(), letter.as_email()
        journal.about(letter.pk)
        try:
            taken = backend.send_messages([email])
        except Exception as problem:  # each provider has its own
            outcome = _judged(letter, attempts, problem)
        else:
            state = DeliveryState.SENT if taken else DeliveryState.FAILED
            words = "" if taken else "the provider did not take it"
            outcome = Outcome(letter.pk, state, words, True, attempts)
        _note(journal, outcome)
        return outcome

    def close(self) -> None:
        """Say goodbye."""
        for backend in self._backends:
            with suppress(Exception):
                backend.close()
        self._backends.clear()


def _judged(letter: Letter, attempts: int, problem: Exception) -> Outcome:
    """Return what an exception says: a provider's answer with a status is a refusal, 429 and
    5xx for now; anything else may have come after the letter was taken."""
    words, status = _words(problem), getattr(problem, "status_code", None)
    if status is None:
        return Outcome(letter.pk, DeliveryState.DOUBT, words, True, attempts)
    if status == 429 or status >= 500:
        return later(letter.pk, words, attempts)
    return Outcome(letter.pk, DeliveryState.FAILED, words, True, attempts)


_STEPS = {
    DeliveryState.SENT: "taken",
    DeliveryState.QUEUED: "later",
    DeliveryState.FAILED: "never",
    DeliveryState.DOUBT: "doubt",
}


def _note(journal: Journal, outcome: Outcome) -> None:
    journal.answered(outcome.pk, _STEPS[outcome.state], outcome.reason)


def _answer(code: int, answer: bytes) -> str:
    return f"{code} {answer.decode(errors='replace')}"[:200]


def _words(problem: Exception) -> str:
    return f"{type(problem).__name__}: {' '.join(str(problem).split())}"[:200]
