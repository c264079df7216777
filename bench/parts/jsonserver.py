"""The peer of our get all: the same store, pages and uvicorn, but each body passes json.

So a server is written that has its entities as objects: ``json.loads`` what the database
holds, ``json.dumps`` the envelope.
"""

import asyncio
import json
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from synchronizer.model.clock import iso
from synchronizer.store import open_store


def jsonserver(database: str) -> dict[str, Any]:
    store = open_store(f"sqlite:///{database}", migrate=False)

    def lines() -> Iterator[bytes]:
        head = store.head().revision
        collections = [each.collection for each in store.collections()]
        for page in store.snapshot(collections, head):
            yield "".join(
                json.dumps(
                    {
                        "cloud": each.collection.cloud,
                        "region": each.collection.region,
                        "type": each.collection.type,
                        "id": each.id,
                        "revision": each.revision,
                        "sampled_at": iso(each.sampled_at),
                        "stale": False,
                        "body": json.loads(each.body),
                    }
                )
                + "\n"
                for each in page
            ).encode()

    async def entities(_request: Request) -> StreamingResponse:
        return StreamingResponse(lines(), media_type="application/x-ndjson")

    app = Starlette(routes=[Route("/v1/entities", entities)])
    bound = socket.create_server(("127.0.0.1", 0))
    print(json.dumps({"port": bound.getsockname()[1]}), flush=True)
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", log_config=None, access_log=False, lifespan="off"
    )
    asyncio.run(uvicorn.Server(config).serve([bound]))
    return {}
