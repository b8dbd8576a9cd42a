"""What a kind of alert means, and what to do about it."""

from __future__ import annotations

from app.web.texts import Text

KINDS: dict[str, tuple[Text, Text]] = {
    "held": (Text("Records that wait for a person."), Text("Open the record. It says which field is wrong, and how to go on.")),
    "dead-letter": (Text("Records that could not be transferred."), Text("Correct what the answer names, then try it again.")),
    "login-refused": (
        Text("Credentials that are no longer accepted."),
        Text("Test the connection. Give new credentials, then activate or resume it."),
    ),
    "consent-ended": (
        Text("A connection that a person must allow again."),
        Text("Log in to the shop again and allow it. What waits goes on by itself then."),
    ),
    "other-shop": (
        Text("Another shop sends with this connection's secret, often a copy of it."),
        Text("Take the webhooks out of the copy. If it is the same shop, add its address to the connection."),
    ),
    "not-json": (
        Text("Webhooks whose body is not JSON."),
        Text("Look at what stands between the shop and the gateway, and changes what is sent."),
    ),
    "no-record": (
        Text("Webhooks that name no record."),
        Text("Look at the webhooks in the shop. Polls find what they do not name."),
    ),
    "brake": (
        Text("A run would cancel more orders than the brake allows, and waits for a person."),
        Text("Look at the orders, then confirm the run."),
    ),
    "warning": (Text("Something in the shop that should be looked at."), Text("Look at the order in the shop.")),
    "transporter-gone": (
        Text("A transporter that the warehouse does not list any more."),
        Text("Set the codes that the warehouse has, or ask it for the contract."),
    ),
    "silent": (Text("No new orders where there should be."), Text("Look whether the checkout works, then look at the webhooks.")),
    "failing": (
        Text("A shop or warehouse could not be read several times in a row."),
        Text("Test the connection: it says why. It is tried again by itself."),
    ),
    "recovered": (Text("What was failing or silent works again."), Text("Nothing is to be done. What was missed has been read.")),
    "webhooks": (
        Text("Webhooks in the shop had to be put right, or could not be."),
        Text("If it comes again: find out who changes them in the shop."),
    ),
    "signatures": (
        Text("Many webhooks with a wrong signature."),
        Text("The shop signs with another secret: check the connection's webhooks, or enter the secret again."),
    ),
    "wrong-keys": (
        Text("Many requests with a wrong API key."),
        Text("If the address is yours, give the program there a new key. If not, keep the address out at your proxy."),
    ),
    "wrong-secrets": (
        Text("Many requests at the WMS's webhook address with a wrong secret."),
        Text("If the address is the WMS's, enter its secret again. If not, keep the address out at your proxy."),
    ),
    "not-stored": (
        Text("Records that could not be kept, and were left out."),
        Text("The log has the details. Report it as a fault of the gateway."),
    ),
    "future-record": (Text("Records with a time that is still to come."), Text("Set the shop's clock and time zone right.")),
    "clock-went-back": (
        Text("The shop's clock went back."),
        Text("Set the shop's clock and time zone right. What was changed meanwhile is found later."),
    ),
    "rest-missing": (
        Text("Partly sent orders whose rest does not come."),
        Text("Ask the warehouse. If it will not come, close the order without it."),
    ),
    "odd-answers": (
        Text("A shop that writes something around its answers, or lists what is no record."),
        Text("The answers are read all the same. Look for the plugin that does it."),
    ),
    "stock": (
        Text("Quantities that a shop did not take."),
        Text("Look at the article's stock. Often the shop does not count its pieces."),
    ),
    "task-timed-out": (
        Text("Work that took far longer than any call may."),
        Text("It is begun again. If it comes again, look at the log, and report it."),
    ),
    "test": (Text("A test of the way to you."), Text("Nothing is to be done.")),
}
