"""A strict simulator of 24SevenOffice's SOAP services: logging in, products, orders and companies.

It was written from the contract; nothing was observed on the real services. What the contract leaves open is a setting of
`SevenOfficeConfig`. Every call is read by the simulator's own tables of elements. What they do not describe is refused with a
fault, and noted: `Office.refused("request")` must be empty after any test of the gateway.

The folders, from the outside in: `command` runs it as a process, and `application` puts it together. `http` takes calls in and
answers them, `model` is what the office keeps and does, `wire` is how messages look, and `config` is what it is told. `sample`
fills an office that somebody wants to look at.

Not there: SOAP 1.2, the service descriptions themselves (`?wsdl`), and the operations that the gateway has no use for.
"""

from __future__ import annotations

from app.sandbox.sevenoffice24.application import create_sevenoffice
from app.sandbox.sevenoffice24.config import Identity, SevenOfficeConfig
from app.sandbox.sevenoffice24.model.office import Office

__all__ = ["Identity", "Office", "SevenOfficeConfig", "create_sevenoffice"]
