"""A small, synchronous client of our own REST API, over the control socket in the service's data folder.

    connection.py   one call: method, path, body -> JSON, every failure as one of `imagedepot.errors`
    calls.py        `Client`: the API's calls by name

The standard library alone: a command that goes through a running service starts in a tenth of a second.
"""

from imagedepot.client.calls import Client
from imagedepot.client.connection import Connection, Json

__all__ = ["Client", "Connection", "Json"]
