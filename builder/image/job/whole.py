"""Whether a netCDF file was written to its end: a checkpoint that was cut off must never be the newest one."""

from __future__ import annotations

from pathlib import Path

_HDF5 = b"\x89HDF\r\n\x1a\n"
_CLASSIC = b"CDF"
# Where the superblock says how long the file is, by the superblock's version.
_END_AT = {0: 40, 1: 44, 2: 28, 3: 28}
_HEAD = 64
_OPEN_FOR_WRITING = 0x01


def is_whole(path: Path) -> bool:
    """The superblock's end of file is written last, when the file is closed. netCDF-3 has nothing of the kind: such a
    file counts as whole, and settles by its age alone."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        size = path.stat().st_size
    except OSError:
        return False
    if head.startswith(_CLASSIC):
        return True
    return head.startswith(_HDF5) and _hdf5_whole(head, size)


def _hdf5_whole(head: bytes, size: int) -> bool:
    version = head[8] if len(head) == _HEAD else 255
    if version not in _END_AT or (version == 3 and head[11] & _OPEN_FOR_WRITING):
        return False
    start = _END_AT[version]
    return 0 < int.from_bytes(head[start : start + 8], "little") <= size
