"""The `gateway` command."""

from __future__ import annotations

import typer

import app as package
from app.commands import alerts, audit, doctor, integrations, keys, processes, stock, sync
from app.commands.callers import outgoing_webhooks, receipts
from app.commands.connections import commands as connections
from app.commands.kit.terminal import EXIT_CODES, Commands, out
from app.commands.longwork import adopt, backfill, reconcile
from app.commands.records import files, jobs, lists, places, purchase_orders, returns, settling
from app.demo.command import demo
from app.processes.private_files import for_own_user_only

app = typer.Typer(
    name="gateway",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,  # locals may hold secrets
    help="An open gateway between web shops and the Ongoing WMS warehouse system.",
    epilog=EXIT_CODES,
)


def _version(wanted: bool) -> None:
    if wanted:
        out().print(package.__version__)
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Options of the command itself."""


RUNNING = "Use a running gateway"
OWN = "On the gateway's own machine"

app.command("demo", rich_help_panel="Run it")(demo)
processes.register(app)
app.command("integrations", rich_help_panel=RUNNING)(integrations.integrations)
app.add_typer(connections.app, name="connections", rich_help_panel=RUNNING)
app.command("sync", rich_help_panel=RUNNING)(sync.sync)
app.add_typer(sync.app, name="runs", rich_help_panel=RUNNING)
for group in (lists, jobs, places, settling, purchase_orders, files):
    group.register(app, RUNNING)
app.command("reconcile", rich_help_panel=RUNNING)(reconcile.reconcile)
app.add_typer(reconcile.app, name="reconciles", rich_help_panel=RUNNING)
app.command("backfill", rich_help_panel=RUNNING)(backfill.backfill)
app.add_typer(backfill.app, name="backfills", rich_help_panel=RUNNING)
app.command("adopt", rich_help_panel=RUNNING)(adopt.adopt)
app.add_typer(adopt.app, name="adoptions", rich_help_panel=RUNNING)
app.add_typer(returns.app, name="returns", rich_help_panel=RUNNING)
app.add_typer(stock.app, name="stock", rich_help_panel=RUNNING)
app.add_typer(receipts.app, name="receipts", rich_help_panel=RUNNING)
app.add_typer(outgoing_webhooks.app, name="outgoing-webhooks", rich_help_panel=RUNNING)
app.add_typer(alerts.app, name="alerts", rich_help_panel=RUNNING)
app.command("audit", rich_help_panel=RUNNING)(audit.audit)
app.add_typer(keys.app, name="keys", rich_help_panel=OWN)
app.command("doctor", rich_help_panel=OWN)(doctor.doctor)


def main() -> None:
    """The entry point of the installed command."""
    for_own_user_only()
    app(prog_name="gateway")


if __name__ == "__main__":
    main()
