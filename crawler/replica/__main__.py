"""Serve a replica until Ctrl-C: python -m gemhier.crawler.replica market --port 8010."""

from pathlib import Path

import click

from gemhier.crawler.replica.faults import Faults
from gemhier.crawler.replica.server import ReplicaServer
from gemhier.crawler.replica.shops import GempunditReplica, MarketReplica
from gemhier.crawler.replica.stock import make_stock


@click.command()
@click.argument("shop", type=click.Choice(["gempundit", "market"]))
@click.option("--port", type=click.IntRange(1, 65535), default=8010, show_default=True)
@click.option("--products", type=click.IntRange(min=1), default=240, show_default=True, help="How many it sells.")
@click.option("--faults", type=click.FloatRange(0, 5), default=0.0, show_default=True, help="How much goes wrong.")
def serve(shop: str, port: int, products: int, faults: float) -> None:
    """Serve a replica of a shop on this machine, with painted pictures, until Ctrl-C."""
    replica = GempunditReplica if shop == "gempundit" else MarketReplica
    server = ReplicaServer(replica(make_stock(products), Faults(share=faults)), port)
    site = "gempundit" if shop == "gempundit" else Path(__file__).with_name("market.yaml")
    click.echo(f"Crawl it with: gemhier crawl {site} --start {server.start} --out crawl")
    server.serve_forever()


if __name__ == "__main__":
    serve()
