"""`python -m app.processes.healthcheck`: the container's own question whether it is well. Exit code 0 means yes.

The image runs as web, as worker and as migration. The web process answers on /livez; a worker has no such port, but its figures.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Mapping

SECONDS = 4.0


def is_well(environment: Mapping[str, str]) -> bool:
    """Ask the web port, or the port of a worker's figures when nobody listens on the web port."""
    try:
        return _answers(environment.get("GATEWAY_PORT", "8080"), "/livez")
    except ConnectionRefusedError:
        pass
    try:
        return _answers(environment.get("GATEWAY_WORKER_METRICS_PORT", "9092"), "/metrics")
    except ConnectionRefusedError:
        return False


def _answers(port: str, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{int(port)}{path}", timeout=SECONDS) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as answer:
        answer.close()  # Python 3.14 warns of an answer that is left open
        return False
    except urllib.error.URLError as error:
        if isinstance(error.reason, ConnectionRefusedError):
            raise error.reason from error
        return False
    except OSError:
        return False


if __name__ == "__main__":
    raise SystemExit(0 if is_well(os.environ) else 1)
