"""Bodies as they lie in the store: zstd frames with a dictionary trained for each type.

The bodies of one type repeat each other (field names, hosts, flavors), so a dictionary
makes them some ten times smaller and cheaper to write. It is trained once, when enough
bodies have been committed; frames from before it stay readable. Dictionaries are
append-only and never change, so a reader may cache them for ever.
"""

import threading
from collections.abc import Sequence

import sqlalchemy as sa
import zstandard

from synchronizer.store.engine import Database
from synchronizer.store.tables import dictionary

TRAIN_FROM = 256
"""So many bodies are enough to train a dictionary."""

_LEVEL = 3
_DICTIONARY_BYTES = 16_384
_TRAINING_BYTES = 4_000_000


class Bodies:
    """Compress and decompress; safe to call from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._newest: dict[int, int] = {}
        self._content: dict[int, zstandard.ZstdCompressionDict] = {}
        self._local = threading.local()

    def compress(self, collection: int, bodies: Sequence[bytes]) -> tuple[int | None, list[bytes]]:
        """Return the dictionary used (None without) and the frames."""
        chosen = self._newest.get(collection)
        if chosen is None:
            chosen = self._look_up(collection)
        compress = self._compressor(chosen).compress
        return chosen, [compress(body) for body in bodies]

    def decompress(self, chosen: int | None, frames: Sequence[bytes]) -> list[bytes]:
        """Return the bodies of frames that share a dictionary."""
        decompress = self._decompressor(chosen).decompress
        return [decompress(frame) for frame in frames]

    def train(self, collection: int, bodies: Sequence[bytes]) -> None:
        """Train the type's dictionary if it has none and *bodies* are enough for one."""
        if len(bodies) < TRAIN_FROM or self._newest.get(collection) is not None:
            return
        if self._look_up(collection) is not None:
            return
        samples: list[bytes | bytearray | memoryview] = []
        size = 0
        for body in bodies:
            if size + len(body) <= _TRAINING_BYTES:
                samples.append(body)
                size += len(body)
        try:
            # The fixed parameters spare zstd's search for them: 30 ms, not seconds.
            trained = zstandard.train_dictionary(_DICTIONARY_BYTES, samples, k=200, d=8)
        except zstandard.ZstdError:
            return  # bodies too few or too alike: they go on without a dictionary
        with self._database.writing() as connection:
            if self._stored(connection, collection) is None:
                connection.execute(
                    sa.insert(dictionary).values(collection=collection, content=trained.as_bytes())
                )

    def forget(self) -> None:
        """Read the dictionaries anew: a store that went back may have others of their names."""
        self._newest, self._content = {}, {}
        self._local = threading.local()

    def _stored(self, connection: sa.Connection, collection: int) -> int | None:
        query = sa.select(sa.func.min(dictionary.c.id)).where(dictionary.c.collection == collection)
        return connection.execute(query).scalar()

    def _look_up(self, collection: int) -> int | None:
        with self._database.reading() as connection:
            found = self._stored(connection, collection)
        if found is not None:
            self._newest[collection] = found
        return found

    def _compressor(self, chosen: int | None) -> zstandard.ZstdCompressor:
        # Codecs are not safe to share between threads.
        codecs: dict[int | None, zstandard.ZstdCompressor]
        codecs = self._local.__dict__.setdefault("compressors", {})
        if chosen not in codecs:
            codecs[chosen] = zstandard.ZstdCompressor(
                level=_LEVEL,
                dict_data=self._dictionary(chosen),
                write_dict_id=False,
                write_checksum=True,
            )
        return codecs[chosen]

    def _decompressor(self, chosen: int | None) -> zstandard.ZstdDecompressor:
        codecs: dict[int | None, zstandard.ZstdDecompressor]
        codecs = self._local.__dict__.setdefault("decompressors", {})
        if chosen not in codecs:
            codecs[chosen] = zstandard.ZstdDecompressor(dict_data=self._dictionary(chosen))
        return codecs[chosen]

    def _dictionary(self, chosen: int | None) -> zstandard.ZstdCompressionDict | None:
        if chosen is None:
            return None
        if chosen not in self._content:
            query = sa.select(dictionary.c.content).where(dictionary.c.id == chosen)
            with self._database.reading() as connection:
                content = connection.execute(query).scalar_one()
            loaded = zstandard.ZstdCompressionDict(content)
            loaded.precompute_compress(level=_LEVEL)
            self._content[chosen] = loaded
        return self._content[chosen]
