"""A double of Stripe that runs on loopback: its API, its Payment Element and its webhooks.

The shop never imports this package; it talks to it over HTTP, as it would to Stripe. Tests use
`tests.stripe_double.control.Double`; the demo runs `python -m tests.stripe_double --port N`.
README.md beside this file says what is doubled and what is not.
"""
