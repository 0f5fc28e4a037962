"""Approved reviews and answered questions of a product, as the read model stores them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import timezone

MAX_SHOWN = 50  # of each, the newest
#: What `read_model` loads with a product.
PREFETCHED = ("reviews", "questions")


@dataclass(frozen=True, slots=True)
class Review:
    """A review as pages show it."""

    name: str  # that the customer chose
    score: int  # 1 to 5
    title: str
    body: str
    day: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its answer. Pages do not show who asked."""

    text: str
    answer: str
    day: datetime  # of the answer


@dataclass(frozen=True, slots=True)
class Feedback:
    """Reviews and questions of a product, the newest first."""

    rating: Decimal | None  # average score of all approved reviews, with one decimal
    count: int  # of approved reviews
    reviews: tuple[Review, ...]
    questions: tuple[Question, ...]

    @classmethod
    def read(cls, data: dict[str, Any]) -> "Feedback":
        """Return it from the JSON of the read model."""
        return cls(
            rating=Decimal(data["rating"]) if data["rating"] else None,
            count=data["count"],
            reviews=tuple(
                Review(name, score, title, body, _moment(day))
                for name, score, title, body, day in data["reviews"]
            ),
            questions=tuple(
                Question(text, answer, _moment(day)) for text, answer, day in data["questions"]
            ),
        )


def _moment(text: str) -> datetime:
    return timezone.localtime(datetime.fromisoformat(text))


def rating_json(product: Any) -> dict[str, Any]:
    """Return average and number of the approved reviews of a product, for its card."""
    scores = [review.score for review in product.reviews.all() if review.is_approved]
    return {"rating": _average(scores), "count": len(scores)}


def feedback_json(product: Any) -> dict[str, Any]:
    """Return what the page of a product shows."""
    reviews = [each for each in product.reviews.all() if each.is_approved]
    questions = [each for each in product.questions.all() if each.is_published]
    return rating_json(product) | {
        "reviews": [
            [each.name, each.score, each.title, each.body, each.date_created.isoformat()]
            for each in _newest(reviews, "date_created")
        ],
        "questions": [
            [each.text, each.answer, each.answered_at.isoformat()]
            for each in _newest(questions, "answered_at")
        ],
    }


def _newest(rows: Iterable[Any], field: str) -> list[Any]:
    ordered = sorted(rows, key=lambda row: (getattr(row, field), row.pk), reverse=True)
    return ordered[:MAX_SHOWN]


def _average(scores: list[int]) -> str:
    """Return the average with one decimal; an empty string without scores."""
    if not scores:
        return ""
    average = Decimal(sum(scores)) / len(scores)
    return str(average.quantize(Decimal("0.1"), ROUND_HALF_UP))
