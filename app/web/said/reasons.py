"""What a reason means and what to do about it, by its code, and what lifts it. The engine's own words are in English."""

from __future__ import annotations

from app.web.texts import Text

REASONS: dict[str, Text] = {
    # --- what is wrong with the record
    "order-without-number": Text("The order has no number. Look at it in %(shop)s."),
    "order-number-unclean": Text(
        "The order number has blanks around it, or characters that cannot be seen. Remove them in %(shop)s."
    ),
    "order-number-too-long": Text("The order number is longer than the WMS takes. Shorten it: numbers are never cut."),
    "order-id-too-long": Text("The order's id is longer than the WMS takes."),
    "customer-number-too-long": Text("The customer number is longer than the WMS takes. Shorten it: numbers are never cut."),
    "row-number-too-long": Text("The number of an order line is longer than the WMS takes."),
    "date-missing": Text("The order has no date, and the WMS requires one. Set its date in %(shop)s."),
    "name-missing": Text("The delivery address has no name. Complete the address in %(shop)s."),
    "street-missing": Text("The delivery address has no street. Complete the address in %(shop)s."),
    "post-code-missing": Text("The delivery address has no post code. Complete the address in %(shop)s."),
    "city-missing": Text("The delivery address has no city. Complete the address in %(shop)s."),
    "country-missing": Text("The delivery address has no country. Complete the address in %(shop)s, or set a default country."),
    "country-unknown": Text("The country of an address is no country code. Put it right in %(shop)s."),
    "country-of-origin-unknown": Text("The article's country of origin is no country. Put it right in %(shop)s."),
    "customs-price-missing": Text(
        "A line of an order abroad lacks a price, its currency or its VAT code, which customs need. Add it in %(shop)s."
    ),
    "customs-article-incomplete": Text(
        "An article of an order abroad lacks its country of origin or its tariff number, which customs need. Add it in %(shop)s "
        "or in the warehouse."
    ),
    "kit-parts-unreadable": Text("The list of the kit's parts cannot be read. Write it like TEE-M*2, CAP-1 in %(shop)s."),
    "kit-part-missing": Text("The kit needs an article that the WMS does not have. Give a product that number in %(shop)s."),
    "extra-field-unknown": Text("The settings name a field that cannot be written in the WMS. Correct it there."),
    "extra-field-unreadable": Text("A value does not fit its field in the WMS. Correct it in %(shop)s, or map another field."),
    "order-without-lines": Text("The order has no line for the warehouse. There is nothing to send: close it in %(shop)s."),
    "line-without-row-number": Text("An order line has no number of its own."),
    "row-number-twice": Text("Two order lines have the same number."),
    "line-quantity-wrong": Text("The quantity of an order line cannot be sent. Correct it in %(shop)s."),
    "currency-missing": Text("An order line has a price and no currency. Set the order's currency in %(shop)s."),
    "number-impossible": Text("A number is out of all bounds. Correct it in %(shop)s."),
    "line-without-article-number": Text(
        "A line's product has no article number, so the warehouse cannot know which article is meant. Give it one in %(shop)s."
    ),
    "article-without-number": Text("The product has no article number. Give it one of its own in %(shop)s."),
    "no-article-number": Text("There is no article number. Give the product one of its own in %(shop)s."),
    "customer-unreadable": Text(
        "The order's customer cannot be read, so there is nobody to send to. Look at the order in %(shop)s."
    ),
    "article-number-of-parent": Text(
        "The variant has its product's number, not one of its own. Give it a number of its own in %(shop)s."
    ),
    "article-number-unclean": Text(
        "The article number has blanks around it, or characters that cannot be seen. Remove them in %(shop)s."
    ),
    "article-number-too-long": Text("The article number is longer than the WMS takes. Shorten it: numbers are never cut."),
    "article-number-forbidden-character": Text(
        "The article number holds a character that the WMS uses for searching. Change the number in "
        "%(shop)s, or set a replacement."
    ),
    "article-number-taken": Text("The article number belongs to another article. Give each article a number of its own."),
    "supplier-without-name": Text("The supplier has no name. Give it one in %(shop)s."),
    "refunds-unreadable": Text("The order has refunds, and it cannot be read which pieces they are about."),
    "stock-app-active": Text(
        "A stock app in the shop changes quantities by itself, so nothing more is written. Switch it off in the shop."
    ),
    "options-unreadable": Text("The options of the variant cannot be read."),
    "status-not-found": Text("A setting names a status that %(shop)s does not have."),
    # --- what stands against it
    "supplier-number-taken": Text("The supplier's number belongs to another supplier."),
    "number-taken": Text(
        "The order's number belongs to another order in the WMS. Give this connection an order number prefix of its own."
    ),
    "warehouse-started": Text(
        "The order was changed in %(shop)s after the warehouse had started on it. Tell the warehouse, or "
        "change it back. What was sent before stands."
    ),
    "too-late-to-cancel": Text(
        "The order is cancelled in %(shop)s, but the warehouse has begun on it or has sent it. Stop it in "
        "the warehouse by hand, or take the goods back."
    ),
    "cancelled-in-warehouse": Text(
        "The warehouse has cancelled the order, and %(shop)s still wants it. Cancel it in %(shop)s too, or "
        "release it to send it again."
    ),
    "reopened-after-cancel": Text(
        "The order was opened again in %(shop)s after it was cancelled in the warehouse. Open it in the WMS, "
        "or release it to send it again."
    ),
    "vanished": Text("The order was sent, but the WMS has it no longer. Look for it in the WMS, or release it to send it again."),
    "unknown-elsewhere": Text(
        "The order was sent before the connection was moved, and it is not known whether it arrived. Look "
        "for it at the former place, and release it here once it is not there."
    ),
    "article-missing": Text(
        "The purchase order names articles that the warehouse does not have. It goes on when they have come; "
        "or correct its lines."
    ),
    "receiving-begun": Text(
        "The purchase order was changed or taken back after the warehouse had begun to receive it. Tell the warehouse."
    ),
    "purchase-number-taken": Text("The number of the purchase order belongs to another one. Put it under another number."),
    "purchase-made-elsewhere": Text(
        "The WMS has a purchase order of this number that was not sent from here. Release it to write over that one, or put it "
        "under another number."
    ),
    "taken-back": Text("It was taken back before it was in the warehouse."),
    "return-announced": Text("The return is announced to the warehouse."),
    "return-withdrawn": Text("The return is withdrawn."),
    "rows-without-number": Text(
        "The order was taken over, and its lines have no row numbers in the WMS: a change would double them. "
        "Change it in the WMS by hand, or release it to send it all the same."
    ),
    "refunded-in-part": Text(
        "Part of the order was refunded in %(shop)s. Release it to send it without these pieces, or settle "
        "it in the warehouse by hand."
    ),
    "brake": Text("The order waits because its run would cancel more orders than the brake allows. Look at the run."),
    # --- left out
    "before-go-live": Text("The order was made before the connection went live, so it is not transferred."),
    "not-wanted": Text("What the record is in %(shop)s, or a setting, keeps it out of the warehouse."),
    # --- refused, or given up
    "refused": Text("It was refused. Correct what the answer names, then try it again."),
    "given-up": Text("It was given up after many tries."),
    "internal-error": Text("The gateway made a mistake. Its log has the details."),
    "no-connection": Text("Its connection is not there any more."),
    # --- on the way back
    "statuses-not-confirmed": Text("Nobody has confirmed yet what the shop's statuses are called. Confirm them in the settings."),
    "awaiting-tracking": Text("The order is sent. It waits for its tracking number."),
    "awaiting-pickup": Text("The order is ready for pick-up. The shop is told when the customer has it."),
    "partly-shipped": Text("Not everything of the order is sent yet."),
    "rest-not-cancelled": Text("The rest of the order could not be cancelled in the warehouse. Take it off in the WMS by hand."),
    "short-shipment": Text("Not everything of the order was sent. Send the rest, or release the order to close it as it is."),
    "not-open-in-shop": Text(
        "The warehouse has sent the order, but it is not open in %(shop)s. Open it again there, or take the goods back."
    ),
    "refund-refused": Text(
        "The refund was refused in %(shop)s. Refund it there by hand, or correct what the answer names and release it."
    ),
    "refund-exceeds-order": Text("The refund is larger than what is left of the order. Refund it in %(shop)s by hand."),
    "returned-more-than-sold": Text("More came back than was sold. Refund it in %(shop)s by hand."),
    "return-line-unknown": Text("Something came back that is on no line of the order. Refund it in %(shop)s by hand."),
    "return-before-pick": Text("Nothing of a line of the announced return was picked yet, so nothing can come back. It waits."),
    "return-not-possible": Text("The announced return does not fit the order. Announce it again with lines of the order."),
    "return-begun": Text("The warehouse has begun on the announced return. Settle it with the warehouse."),
    "returned-fraction": Text("Part of a piece came back. Refund it in %(shop)s by hand."),
    # --- quantities
    "stock-kept-by-parent": Text(
        "The shop keeps one quantity for all variants of the product. Let each variant keep its own stock there."
    ),
    "stock-not-managed": Text("The shop does not count the pieces of this article. Switch that on in the shop."),
    "stock-not-seen": Text(
        "The product has variants, and it is not known yet who keeps its quantity in the shop. Nothing is written."
    ),
    "stock-number-of-parent": Text(
        "The variant has its product's number, so the same stock would be sold twice. Give it a number of its own in the shop."
    ),
    "stock-shared-by-variations": Text(
        "The shop keeps one quantity for variants that are articles of their own. Nothing is written."
    ),
    "variants-not-told-apart": Text(
        "The shop has one id for several variants, so that they cannot be told apart. Nothing is written."
    ),
    "stock-not-taken": Text(
        "The shop shows another quantity than was written. Look for a plugin in the shop that changes quantities."
    ),
    "stock-refused": Text("The shop refused the quantity. Look at the product in the shop."),
    "product-gone": Text("The shop does not have the product any more."),
    "wrong-parent": Text("The variant belongs to another product now. Read the articles again."),
    # --- settings that cannot be
    "transporter-unknown": Text("The warehouse does not list this transporter."),
    "transporter-service-unknown": Text("The warehouse does not list this service of the transporter."),
    # --- what waits for nothing
    "gone": Text("The record was deleted in %(shop)s. There is nothing to do."),
    "kept": Text("It stays in the warehouse as it is."),
    "cancelled": Text("It is cancelled. There is nothing to do."),
    "rest-cancelled": Text("The rest of the order is cancelled. There is nothing to do."),
    "refunded-after-sending": Text("Pieces were refunded after they were sent. Nothing is changed in the warehouse."),
    "without-stock": Text("The shop counts no pieces of it."),
    "stock-summed": Text("The product keeps one quantity for all of its variants, and is given their sum."),
}
