"""safeguard on mitmproxy: a thin adapter around :mod:`safeguard.web`, with no judgement of its own."""
