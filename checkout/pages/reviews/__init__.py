"""Reviews that customers write of what they bought."""
