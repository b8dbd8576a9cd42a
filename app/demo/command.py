"""`gateway demo`, in its three ways: to watch, for programs (`--json`), and as a check (`--check`)."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer
from rich.status import Status

from app.commands.kit.terminal import Exit, err, out, print_json, table

# The gateway and the simulators are imported when the demo runs, so that the other commands start at once.
if TYPE_CHECKING:
    from app.demo.scenes import Checked


def demo(
    check: Annotated[bool, typer.Option("--check", help="Play a day of the shop by script and check what came of it.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="For programs: print one line when it is ready, then keep running without orders.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show only trouble.")] = False,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep its data here. Default: a temporary directory, removed at the end.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            envvar="GATEWAY_PORT", min=1, max=65535, help="Port of the API. Default: 8080, or a free one if that is taken."
        ),
    ] = None,
) -> None:
    """Run the gateway between a simulated shop and a simulated warehouse, all on this machine, with nothing to set up.

    It keeps running until Ctrl-C. With --check it ends by itself: exit code 0 when everything came out as it should.
    """
    from app import logs
    from app.integrations.registry import secret_names
    from app.processes import preflight
    from app.processes.supervisor import until_told
    from app.settings import Settings

    logs.configure(Settings(log_format="console", log_level="warning"), secret_names())
    if check:
        code = asyncio.run(until_told(_check(data, as_json=as_json)))
        raise typer.Exit(Exit.NO if code is None else code)
    if port is not None:
        preflight.refuse_taken_port(Settings(host="127.0.0.1", port=port))
    asyncio.run(until_told(_announce(data, port) if as_json else _watch(data, port, quiet=quiet)))


async def _announce(data: Path | None, port: int | None) -> None:
    from app.demo.world import open_world

    async with open_world(data, port=port) as world:
        sys.stdout.write(orjson.dumps(world.described()).decode() + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


async def _watch(data: Path | None, port: int | None, *, quiet: bool) -> None:
    from app.demo import live
    from app.demo.world import open_world

    with Status("Starting the API, a worker, Valkey, a shop and a warehouse …", console=err()) as status:
        async with open_world(data, port=port, poll_minutes=live.POLL_MINUTES) as world:
            status.stop()
            await live.show(world, quiet=quiet)


async def _check(data: Path | None, *, as_json: bool) -> Exit:
    """The exit code: 0 when everything came out as it should."""
    from app.demo import day
    from app.demo.world import open_world

    began = time.monotonic()
    with Status("Starting …", console=err()) as status:
        async with open_world(data, port=0) as world:
            checks = await day.play(world, lambda scene: status.update(f"The day so far: {scene} …"))
    return _report(checks, time.monotonic() - began, as_json=as_json)


def _report(checks: list[Checked], seconds: float, *, as_json: bool) -> Exit:
    wrong = [one for one in checks if not one.ok]
    if as_json:
        print_json({"ok": not wrong, "seconds": round(seconds, 1), "checks": [vars(one) for one in checks]})
        return Exit.NO if wrong else Exit.FINE
    rows = [{**vars(one), "ok": "ok" if one.ok else "fail"} for one in checks]
    table(rows, {"Scene": "scene", "What": "what", "Expected": "expected", "Found": "found", "": "ok"}, "A day of the shop")
    verdict = f"{len(wrong)} of {len(checks)} came out wrong" if wrong else f"all {len(checks)} came out as they should"
    out().print(f"{verdict}, in {seconds:.0f} s.", style="bold red" if wrong else "bold green")
    return Exit.NO if wrong else Exit.FINE
