"""From a launched campaign to letters that have left: see `docs/decisions/012-newsletter.md`."""

from accounts.newsletter.sending.progress import Progress, progress
from accounts.newsletter.sending.steering import cancel, pause, resume

__all__ = ["Progress", "cancel", "pause", "progress", "resume"]
