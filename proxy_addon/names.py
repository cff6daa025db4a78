"""The DNS server beside the proxy: for homes where no certificate is installed.

It answers by the same policy as the proxy: a closed name does not exist, with the reason in the words of RFC 8914, and
search engines get the address of their safe form. It sees names only, never pages.
"""

from __future__ import annotations

import ipaddress
import logging
import struct
from typing import TYPE_CHECKING, Final

from mitmproxy import dns
from mitmproxy.net.dns import classes, response_codes, types
from mitmproxy.proxy import mode_specs

from safeguard.verdict import Decision

if TYPE_CHECKING:
    from mitmproxy.dns import DNSFlow, DNSMessage, ResourceRecord

    from safeguard.web.filter import WebFilter

logger = logging.getLogger("safeguard.proxy")

_INSTEAD: Final = "safeguard.instead"  # the name that was asked for, where another is looked up in its place
_TTL: Final = 60  # seconds: what adults open is open soon
_ADDRESSES: Final = (types.A, types.AAAA)
_PAYLOAD: Final = 1232  # bytes of an answer over UDP (dnsflagday.net/2020)
_EXTENDED_ERROR: Final = 15  # the option (RFC 8914, 2),
_FILTERED: Final = 17  # and its code for what the client asked to be filtered


class NameServer:
    """Answers DNS queries where the policy has something to say; mitmproxy's resolver answers all others.

    Must stand before mitmproxy's ``DnsResolver``.
    """

    def __init__(self, web: WebFilter) -> None:
        self._web = web

    def dns_request(self, flow: DNSFlow) -> None:
        """Answer, or have another name looked up."""
        if not isinstance(flow.client_conn.proxy_mode, mode_specs.DnsMode):
            return
        try:
            flow.response = self._answer(flow)
        except Exception as error:  # noqa: BLE001 - whatever it is, the name must not be answered unfiltered
            logger.error("the filter failed at a name: %s", type(error).__name__)
            flow.response = flow.request.fail(response_codes.SERVFAIL)

    def dns_response(self, flow: DNSFlow) -> None:
        """Put the name that was asked for back into the answer."""
        asked: str | None = flow.metadata.get(_INSTEAD)
        if asked is None or flow.response is None:
            return
        question, instead = flow.response.questions[0], flow.response.questions[0].name
        alias = dns.ResourceRecord.CNAME(asked, instead, ttl=_TTL)
        if flow.response.answers:
            flow.response.answers.insert(0, alias)
        question.name = asked

    def _answer(self, flow: DNSFlow) -> DNSMessage | None:
        question = flow.request.question
        if question is None:  # several questions, or none: no resolver asks so
            return flow.request.fail(response_codes.FORMERR)
        client = flow.client_conn.peername[0] if flow.client_conn.peername else ""
        # A browser asks for up to three types of record: one visit is counted once.
        found = self._web.name(question.name, client, counts=question.type == types.A)
        if found is None:
            return None
        if isinstance(found, Decision):
            return self._closed(flow.request, found)
        if question.type not in _ADDRESSES:  # HTTPS records and the like would lead to the service's own address
            return flow.request.succeed([])
        try:
            address = ipaddress.ip_address(found)
        except ValueError:
            flow.metadata[_INSTEAD] = question.name
            question.name = found
            return None
        fits = (address.version == 4) == (question.type == types.A)
        return flow.request.succeed([self._record(question, address.packed)] if fits else [])

    @staticmethod
    def _closed(request: DNSMessage, decision: Decision) -> DNSMessage:
        # Not 0.0.0.0, as many filters say: there a browser finds whatever listens on its own machine.
        answer = request.fail(response_codes.NXDOMAIN)
        if any(record.type == types.OPT for record in request.additionals):
            text = (decision.category or "closed").encode()
            data = struct.pack("!HHH", _EXTENDED_ERROR, 2 + len(text), _FILTERED) + text
            answer.additionals = [dns.ResourceRecord("", types.OPT, _PAYLOAD, 0, data)]
        return answer

    @staticmethod
    def _record(question: dns.Question, packed: bytes) -> ResourceRecord:
        return dns.ResourceRecord(question.name, question.type, classes.IN, _TTL, packed)
