"""Every delivery that a real shop was recorded to send, played against the gateway."""

from __future__ import annotations

import base64
import json

from tests.house import FIXTURES, House


async def test_smoke(house: House) -> None:
    for file in sorted((FIXTURES / "webhooks").glob("*.json")):
        recorded = json.loads(file.read_text())
        headers = {key: value for key, value in recorded["headers"] if key.lower() not in ("host", "connection", "content-length")}
        body = base64.b64decode(recorded["body_base64"])
        topic = recorded["topic"]
        if topic is None:
            answer = await house.client.post(f"/webhooks/{house.connection.webhook_id}", content=body, headers=headers)
        else:
            headers = {k.replace("-", "_"): v for k, v in headers.items() if k != "X-WC-Webhook-Signature"}
            answer = await house.post(body, topic, **headers)
        assert answer.status_code == 200, (file.name, answer.text)
        await house.work()
    print(await house.events())
    from sqlalchemy import select as s_
    from app.storage.tables import inbox as i_, mappings as m_
    async with house.gateway.database.read() as db:
        for r in await db.execute(s_(i_.c.id, i_.c.topic, i_.c.source_id, i_.c.state, i_.c.reason_code, i_.c.reason)): print(tuple(r))
        for r in await db.execute(s_(m_.c.kind, m_.c.source_id, m_.c.number, m_.c.wms_id, m_.c.transfer, m_.c.wanted, m_.c.reason_code)): print(tuple(r))
    for key, order in {}.items():
        print(key, order)
    print(sorted(house.warehouse.articles))
    raise AssertionError
