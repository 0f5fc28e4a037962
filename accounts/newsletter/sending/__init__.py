"""From a launched campaign to letters that have left: see `docs/decisions/012-newsletter.md`."""
