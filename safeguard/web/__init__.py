"""The transport-neutral HTTP filter that every adapter (mitmproxy, ICAP) calls."""
