"""The operator's console: pages at /console for people, on what the REST API works on, within the same rights.

How a page is added. A group of pages is a folder here (see `keys`, the worked example):

    app/console/keys/__init__.py        one line on what the pages are for
    app/console/keys/pages.py           `register(console)`, and an async function for each page and action
    app/console/keys/templates/keys/    its templates; each extends "console.html" and imports "kit.html"
    app/web/catalogues/nb.keys.po       its texts in Norwegian (texts in Python are `Text("…")`, app/web/texts.py)

1. `register(console)` says `console.get("/console/keys", keys_page, right=Right.ADMIN, everything="keys")` for a page and
   `console.post("/console/keys/{key_id}/revoke", revoke, back="/console/keys")` for an action. `right` is what the key must have,
   as over REST; `everything` names what only a key without a limit to connections may see. `routes.py` names the group.
2. A page is `async def keys_page(page: Page) -> Response`. `page.viewer` is app.api.kit.auth.Caller, the same that REST resources
   get: `page.viewer.connection(name)` and `page.viewer.scope(name)` answer 404 for what belongs to others.
   `page.filters(Model)` reads the query, `page.given(Model)` a form: Models are `app.given.Given`; a fault is shown with its fix.
   `page.render("keys/list.html", …)` shows the page.
3. An action does what the REST operation does, by the same engine operation, and ends with
   `page.done("/console/keys", Text("…"))`: back to a page, with a notice. Any BadInput or RemoteError that it raises is shown as
   a notice on the page `back`. Who did it is in the audit already.
4. In templates: `when(instant)`, `clock(instant)`, `lasted(seconds)`, `number(n)`, `share(part, whole)`, `say(text)`,
   `may("sync")`, `link(state="held")` (this page with other filters), and the macros of kit.html: `action`, `pager`, `empty`,
   `badge`, `filters`, `filter`, `choice`, `card`. What is within `<section id="…" data-live="orders queue">` is fetched again
   when these change (app/records/console/marks.py: TOPICS).
5. Its place in the menu is in kit/navigation.py. tests/browser/console opens every page in both languages and asks axe.
"""
