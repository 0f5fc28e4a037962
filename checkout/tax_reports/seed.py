"""The thresholds that the shop tracks, with their sources, and invented exchange rates."""

from pathlib import Path

from microflight.core.seed_rows import load_rows


def load() -> int:
    """Create missing thresholds and rates; return how many. What staff changed stays."""
    return load_rows(Path(__file__).with_name("seed.toml"))
