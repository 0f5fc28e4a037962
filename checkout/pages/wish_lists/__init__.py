"""The pages of wish lists."""
