"""Each kind of alert in the reader's language: what it means, and the first thing to do. docs/runbooks.md has the rest."""

from __future__ import annotations

from dataclasses import dataclass

from app.web.texts import Text


@dataclass(frozen=True)
class Words:
    meaning: Text
    what_to_do: Text


WORDS: dict[str, Words] = {
    "held": Words(
        Text("A record waits for a person"),
        Text("Correct in the shop what the reason names: it goes on by itself. Or release or resolve it on its page."),
    ),
    "dead-letter": Words(
        Text("A record could not be transferred"), Text("Correct what the answer names, then try it again in the dead letters.")
    ),
    "login-refused": Words(
        Text("Credentials are no longer accepted"),
        Text("Test the connection: it says which side, and until when a user is locked out. Then give new credentials."),
    ),
    "consent-ended": Words(
        Text("A person must allow the connection again"),
        Text("Open the link in the text, log in at the shop and allow it again."),
    ),
    "other-shop": Words(
        Text("Another shop sends with this connection's secret"),
        Text("Take the webhooks out of the copy. If it is the same shop, add its address to accepted_sources."),
    ),
    "not-json": Words(
        Text("Webhooks came whose body is not JSON"), Text("Look at the events, and find what changes the shop's webhooks.")
    ),
    "no-record": Words(
        Text("Webhooks came that name no record"), Text("Look at the events: often an error stands in them instead of an order.")
    ),
    "brake": Words(
        Text("A run waits to be confirmed"), Text("Look at the orders that it would cancel, then confirm the run on its page.")
    ),
    "warning": Words(
        Text("Something in the shop should be looked at"), Text("Look at the order in the shop, then close the alert.")
    ),
    "articles": Words(
        Text("The warehouse should know something of an article"),
        Text("Tell the warehouse what the text says: a number has changed, or there is no code to scan. Then close the alert."),
    ),
    "transporter-gone": Words(
        Text("The warehouse does not list a carrier any more"),
        Text("Set a carrier that the text names, or ask the warehouse for the contract."),
    ),
    "silent": Words(
        Text("No orders where there should be"),
        Text("Place a test order in the shop, then have the connection's webhooks checked."),
    ),
    "failing": Words(Text("A connection cannot be read"), Text("Test the connection: it says why. It is tried again by itself.")),
    "webhooks": Words(
        Text("Webhooks had to be put right"), Text("If it comes again, see who changes them in the shop; have them checked.")
    ),
    "outgoing-webhooks": Words(
        Text("An address does not take events"),
        Text("Look at the connection's address for events. When it works again, send the dead events again."),
    ),
    "signatures": Words(
        Text("More wrong signatures than usual"), Text("Have the webhooks checked: that writes the right secret into the shop.")
    ),
    "wrong-keys": Words(
        Text("Somebody tries API keys"), Text("If the address is yours, a program there has an old key. If not, keep it out.")
    ),
    "wrong-secrets": Words(
        Text("Somebody tries the secret of the WMS's webhook"),
        Text("If the address is the WMS's, enter the secret there again. If not, keep it out."),
    ),
    "not-stored": Words(Text("A record could not be kept"), Text("The log has the error: report it as a fault of the gateway.")),
    "future-record": Words(Text("A record's time is still to come"), Text("Set the shop's clock and time zone right.")),
    "clock-went-back": Words(Text("The shop's clock went back"), Text("Set the shop's clock and time zone right.")),
    "rest-missing": Words(
        Text("The rest of a partly sent order does not come"),
        Text("Ask the warehouse. If the rest will not come, close the order short on its page."),
    ),
    "odd-answers": Words(
        Text("The shop's answers are odd"),
        Text("Switch error messages off in the shop; look for the plugin that adds to its answers."),
    ),
    "stock": Words(
        Text("The shop did not take a quantity"),
        Text("Look at the article's stock: often the shop does not track its quantity."),
    ),
    "task-timed-out": Words(
        Text("Work took far too long"), Text("It is begun again. If it comes again, report it with the log.")
    ),
}


def words_of(kind: str) -> Words | None:
    """None for a kind of another version."""
    return WORDS.get(kind)
