"""Read the variables of a Common Data Format file, as Human3.6M's poses are.

Version 3 only, real numbers only, plain or gzip-compressed: what the owners'
files need, in place of a library.  The layout is NASA's "CDF Internal Format
Description".  A file is a tree of records: each starts with its size (8 bytes)
and type (4 bytes), everything about structure is big-endian.
"""
import struct
import zlib
from pathlib import Path

import numpy as np

from deephar.utils.reading import check_file

MAGIC = b"\xcd\xf3\x00\x01"
PLAIN, COMPRESSED = b"\x00\x00\xff\xff", b"\xcc\xcc\x00\x01"
LITTLE_ENDIAN = (4, 6, 13, 16, 17)
NUMBERS = {21: "f4", 44: "f4", 22: "f8", 45: "f8"}      # REAL4 FLOAT REAL8 DOUBLE
LARGEST = 256 << 20         # bytes of a file, or of a variable
DEEPEST = 8                 # indices of indices
VXR, VVR, CVVR, ZVDR = 6, 7, 13, 8


def read_cdf(path: Path) -> dict[str, np.ndarray]:
    """{variable: array (records, dimensions…)} of a CDF file.

    Raises:
        ValueError: not such a file, cut short, or of a kind not read here.
    """
    data = check_file(path, LARGEST).read_bytes()
    if data[:4] != MAGIC:
        raise ValueError(f"{path} is not a CDF version 3 file: it starts with "
                         f"{data[:4].hex()}")
    try:
        if data[4:8] == COMPRESSED:
            size, = struct.unpack_from(">q", data, 8)
            data = data[:8] + _unpacked(data[8 + 32:8 + size])
        return dict(_variables(data))
    except Exception as error:      # a damaged file ends its reader in many ways
        raise ValueError(f"{path} is a damaged CDF file: {error}") from error


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)         # gzip
    content = unpacker.decompress(data, LARGEST)
    if not unpacker.eof:
        raise ValueError("a compressed part is not whole, or too large")
    return content


def _places(data: bytes, offset: int, form: str):
    """(place, following fields) of a chain of records, which ends."""
    seen = set()
    while offset > 0:
        if offset in seen:
            raise ValueError("its records go in a circle")
        seen.add(offset)
        following, *fields = struct.unpack_from(form, data, offset + 12)
        yield offset, fields
        offset = following


def _variables(data: bytes):
    descriptor, = struct.unpack_from(">q", data, 20)
    encoding, flags = struct.unpack_from(">ii", data, 28 + 8)
    order = "<" if encoding in LITTLE_ENDIAN else ">"
    row_major = bool(flags & 1)
    offset, = struct.unpack_from(">q", data, descriptor + 20)
    for place, (kind, last) in _places(data, offset, ">qii"):
        head, = struct.unpack_from(">q", data, place + 28)
        name = data[place + 84:place + 340].split(b"\0")[0].decode("utf-8").strip()
        num_dims, = struct.unpack_from(">i", data, place + 340)
        sizes = struct.unpack_from(f">{num_dims}i", data, place + 344)
        if kind in NUMBERS:
            dtype = np.dtype(order + NUMBERS[kind])
            yield name, _values(data, head, dtype, last + 1, sizes, row_major)


def _values(data, head, dtype, records, sizes, row_major) -> np.ndarray:
    count = int(np.prod(sizes, dtype=np.int64)) * dtype.itemsize
    if min(records, count) < 0 or records * count > LARGEST:
        raise ValueError(f"{records} records of shape {sizes} are more than are read")
    raw = bytearray(records * count)
    for first, last, piece in _pieces(data, head):
        raw[first * count:(last + 1) * count] = piece[:(last + 1 - first) * count]
    if len(raw) != records * count:
        raise ValueError("a variable's records are incomplete")
    flat = np.frombuffer(bytes(raw), dtype)
    if row_major:
        return flat.reshape((records, *sizes)).astype(dtype.newbyteorder("="))
    turned = flat.reshape((records, *sizes[::-1]))
    axes = (0, *range(len(sizes), 0, -1))
    return turned.transpose(axes).astype(dtype.newbyteorder("="))


def _pieces(data: bytes, offset: int, depth: int = 0):
    """(first record, last record, bytes) of an index and what it points to."""
    if depth > DEEPEST:
        raise ValueError("its index is nested too deeply")
    for start, (entries, used) in _places(data, offset, ">qii"):
        base = start + 28
        firsts = struct.unpack_from(f">{entries}i", data, base)
        lasts = struct.unpack_from(f">{entries}i", data, base + 4 * entries)
        places = struct.unpack_from(f">{entries}q", data, base + 8 * entries)
        for first, last, place in list(zip(firsts, lasts, places))[:used]:
            size, kind = struct.unpack_from(">qi", data, place)
            if kind == VXR:
                yield from _pieces(data, place, depth + 1)
            elif kind == VVR:
                yield first, last, data[place + 12:place + size]
            elif kind == CVVR:
                packed, = struct.unpack_from(">q", data, place + 16)
                yield first, last, _unpacked(data[place + 24:place + 24 + packed])
            else:
                raise ValueError(f"record type {kind} is not read here")
