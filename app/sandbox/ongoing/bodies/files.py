"""What the calls on files take, as in the vendor's contract."""

import base64
import binascii

from app.sandbox.kit.fields import Record, checked, fields, int32, record, required
from app.sandbox.ongoing.bodies.values import key


def _base64(value: str) -> bytes:
    """Raises ValueError."""
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError("must be base64") from error


_DATA = checked(_base64, "fileDataBase64")


@fields(required(key("mimeType"), _DATA))
class NamelessFileBody(Record):
    """A file whose name stands in the address."""


@fields(
    required(key("fileName", "mimeType"), _DATA),
    record(
        "advanced",
        record(
            "printingInfo",
            int32("reportId"),
            record("printAsUser", int32("userId")),
            record("printAsWorkstation", int32("workstationId")),
        ),
    ),
)
class FileBody(Record):
    """A file with its name, and where it is to be printed."""
