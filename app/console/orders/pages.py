"""The addresses of the pages of orders, articles and purchase orders."""

from __future__ import annotations

from app.console.kit.console import Console
from app.console.orders import bulk, files, lists, one, purchases
from app.console.orders.addresses import ARTICLES, OF_KIND, ORDERS, PURCHASES
from app.domain import Right


def register(console: Console) -> None:
    for path, listed in ((ORDERS, lists.orders_page), (ARTICLES, lists.articles_page)):
        console.get(path, listed)
        console.get(f"{path}/bulk", bulk.bulk_page, right=Right.SYNC)
        console.post(f"{path}/bulk", bulk.bulk, back=path)
    console.get(PURCHASES, purchases.purchase_orders_page)
    order_files = f"{ORDERS}/{{mapping_id}}/files"
    console.get(order_files, files.files_page)
    console.get(f"{order_files}/{{file_id:int}}", files.download, right=Right.ADMIN)
    console.post(order_files, files.attach, back=order_files)
    for path in OF_KIND:
        console.get(f"{path}/{{mapping_id}}", one.record_page)
        console.get(f"{path}/{{mapping_id}}/content", one.content_page, right=Right.ADMIN)
        console.post(f"{path}/{{mapping_id}}/{{act}}", one.act, back=f"{path}/{{mapping_id}}")
