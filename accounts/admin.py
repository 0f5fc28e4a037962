"""Oscar's product alerts are not used, so its admin is not registered."""
