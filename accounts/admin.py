"""Empty: Oscar's admin registers product alerts, which the shop does not use."""
