"""What every simulator needs, so that a new one costs only what is the system's own.

A simulator is a real HTTP server that refuses what the real system refuses. The kit has the parts that are the same for all:

- `fields`: records as tables of fields, read strictly (`@fields(…) class OrderBody(Record)`, `WrongBody`)
- `queries`: query parameters as tables (`Parameter`, `Filter`, `kept`, `WrongQuery`)
- `paging`: lists that are answered page by page (`page_of`)
- `answers`: answers as tables of members and where they come from (`answer`, `echoed`, `each`, `one`, `via`, `nulls`)
- `requests`: how a call is taken in (`RequestHandler`, `IncomingCall`, `Answer`, `Refused`)
- `journal`, `faults`, `control`: what was asked and answered, faults on demand, and both under `/_sandbox`
- `settings`: a configuration that can be changed while the simulator runs (`Changeable`)
- `server`: the simulator in a thread of a test; `command`: the simulator as a process of its own

How to make a new one, from the smallest (`tests/sandbox/kit/test_tiny_simulator.py` runs it):

1. Write the tables: what the calls take (`fields`, `queries`) and how the records read back (`answers`).
2. Write what the system keeps, as plain classes, without HTTP.
3. Write an endpoint for each call: `def add(call: IncomingCall) -> Answer`. `call.body(OrderBody)` and
   `call.query(PARAMETERS)` refuse what the tables do not describe; `raise Refused(Answer(…, 403))` refuses anything else.
4. Subclass `RequestHandler` for the system's own refusals (`wrong_body`, `wrong_query`, `no_such_route`, `no_such_method`). A
   system that takes calls in differently (a login first, a lock, SOAP's single address) makes its routes with `journaled_route`.
5. `handler.application([handler.route("POST", "/orders", add), …])` is the ASGI application. Name its command in
   `app/sandbox/__main__.py`; `command.serve` runs it.

Other bodies than JSON: decode them (XML to a dict, a form to a dict), then `read_object` reads the result by the same table.
Everything that is assumed about the real system belongs into a module `assumed.py` of the simulator.
"""
