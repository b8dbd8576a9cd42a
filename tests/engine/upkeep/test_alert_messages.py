"""What a message about alerts looks like for Slack and for Teams, within what they take."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from app.engine.upkeep.alerting.message import Item, Message, as_slack, as_teams

AT = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)


def item(text: str = "The address has no city") -> Item:
    return Item("held", "nettbutikk", "orders:1", text, 1, AT, AT, about="order 5012", link="https://g.example/console/alerts/7")


def test_slack_gets_a_text_for_the_notification_and_blocks_with_the_order_and_a_link() -> None:
    over = Item("silent", "nettbutikk", "since 05:00", "No new order", 1, AT, AT, closed_at=AT, closed_why="orders come again")

    assert as_slack(Message([item()], [over])) == {
        "text": "Gateway: 2 alerts (nettbutikk)",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "Gateway: 2 alerts (nettbutikk)"}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "*Records that wait for a person*"}},
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": "<https://g.example/console/alerts/7|nettbutikk, order 5012>: The address has no city",
                },
            },
            {"type": "section", "text": {"type": "mrkdwn", "text": "*Over*"}},
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": "nettbutikk, since 05:00: closed: orders come again"},
            },
        ],
    }


def test_no_text_of_a_shop_mentions_anybody_in_slack() -> None:
    (*_, block) = as_slack(Message([item("<!channel> & <@U1>")]))["blocks"]
    assert block["text"]["text"].endswith(": &lt;!channel&gt; &amp; &lt;@U1&gt;")


def test_teams_gets_one_adaptive_card() -> None:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            {
                "type": "TextBlock",
                "text": "Gateway: Records that wait for a person (nettbutikk)",
                "wrap": True,
                "size": "Large",
                "weight": "Bolder",
            },
            {
                "type": "TextBlock",
                "text": "Records that wait for a person",
                "wrap": True,
                "weight": "Bolder",
                "separator": True,
            },
            {"type": "TextBlock", "text": "nettbutikk, order 5012: \\[pay here\\](https://evil.example)", "wrap": True},
        ],
        "actions": [{"type": "Action.OpenUrl", "title": "Open the alert", "url": "https://g.example/console/alerts/7"}],
    }
    assert as_teams(Message([item("[pay here](https://evil.example)")])) == {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}],
    }


def test_a_hundred_long_alerts_stay_within_what_both_take() -> None:
    message = Message([item("æ" * 2_000) for _ in range(100)], more=5)

    slack = as_slack(message)
    assert len(slack["blocks"]) <= 50
    assert sum(len(each["text"]["text"]) for each in slack["blocks"] if "text" in each) < 13_000
    assert slack["blocks"][-1]["elements"][0]["text"] == "And 85 more; see: gateway alerts"
    assert len(json.dumps(as_teams(message), ensure_ascii=False).encode()) < 28_000
