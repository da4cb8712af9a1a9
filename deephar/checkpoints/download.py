"""Files from the network: whole, checked and in their place, or not there at all.

Bytes go to `FILE.part` beside the target, which a later call continues when a
checksum can tell whether the pieces belong together.  Only a checked file is
renamed to its final name.  Nothing is written outside the target's folder, to
which one process at a time downloads.
"""
import http.client
import logging
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Callable, Iterator
from urllib.parse import urlsplit

from deephar.utils.files import md5_of
from deephar.utils.locks import lock_folder

CHUNK = 1 << 18
OURSELVES = ("127.0.0.1", "localhost")          # need no encryption
TRIES = 3               # requests per call: a cut connection is taken up again
CONNECTION_ERRORS = (urllib.error.URLError, ConnectionError, TimeoutError,
                     http.client.HTTPException)

log = logging.getLogger(__name__)


class DownloadError(OSError):
    """A file could not be had; the message says how to get it by hand."""


class _Cut(Exception):
    """The connection ended early; another request may bring the rest."""


def fetch(url: str, path: str | os.PathLike, md5: str | None = None, *,
          check: Callable[[Path], str | None] | None = None, timeout: float = 30,
          progress: Callable[[int, int | None], None] | None = None) -> Path:
    """The file at `path`, downloaded from `url` unless it is there already.

    A file that is there, but is not what was published, is deleted and
    downloaded anew.

    Args:
        md5: the published checksum, which the file must have.  None only
            where none is published; then a cut download starts again.
        check: looks at a whole file and says what is wrong with it, if anything.
        timeout: seconds without a byte before the connection is given up.
        progress: called with (bytes so far, bytes in all or None).

    Raises:
        DownloadError: offline, refused, cut or wrong; nothing is at `path`.
        RuntimeError: another process downloads to that folder.
    """
    path = Path(path)
    address = urlsplit(url)
    if address.scheme != "https" and address.hostname not in OURSELVES:
        raise DownloadError(f"{url} is not loaded: only https is")
    if path.exists() and fault_of(path, md5, check) is None:
        return path
    with lock_folder(path.parent):
        return _fetch(url, path, md5, check, timeout, progress)


def _fetch(url, path, md5, check, timeout, progress) -> Path:
    by_hand = f"download {url} by hand and put it at {path}"
    if path.exists():       # it may have come while we asked for the lock
        fault = fault_of(path, md5, check)
        if fault is None:
            return path
        log.warning("%s %s: deleted, downloading it again", path, fault)
        path.unlink()
        by_hand += f" (what was there {fault} and was deleted)"
    part = path.with_name(path.name + ".part")
    if not md5:
        part.unlink(missing_ok=True)    # nothing could tell that it belongs to us
    log.info("downloading %s", url)
    resumed = part.exists()
    _complete(url, part, bool(md5), timeout, progress, by_hand)
    fault = fault_of(part, md5, check)
    if fault and resumed:
        log.warning("%s %s: starting again", part, fault)
        part.unlink()
        _complete(url, part, True, timeout, progress, by_hand)
        fault = fault_of(part, md5, check)
    if fault:
        part.unlink()
        raise DownloadError(f"What {url} sent {fault} and was deleted: "
                            f"try again later, or {by_hand}.")
    os.replace(part, path)
    return path


def fault_of(path: Path, md5: str | None,
             check: Callable[[Path], str | None] | None = None) -> str | None:
    """What is wrong with the file at `path`, None if nothing is."""
    found = md5_of(path) if md5 else None
    if found != md5:
        return f"has md5 {found} in place of {md5}"
    return check(path) if check else None


def _complete(url, part, may_continue, timeout, progress, by_hand) -> None:
    """Fill `part`, with several requests if the connection is cut."""
    for _ in range(TRIES):
        try:
            return _request(url, part, timeout, progress)
        except _Cut as error:
            reason = error
            log.info("%s: %s", url, reason)
            if not may_continue:
                part.unlink(missing_ok=True)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 416:       # 416: `part` already has all its bytes, or more
                raise DownloadError(f"{url} answers {error.code} {error.reason}: "
                                    f"try again later, or {by_hand}.") from error
            reason = error
            part.unlink()
        except CONNECTION_ERRORS as error:
            reason = getattr(error, "reason", error) or type(error).__name__
            raise DownloadError(f"Cannot reach {urlsplit(url).hostname} ({reason}): "
                                f"{by_hand}.") from error
    raise DownloadError(f"{urlsplit(url).hostname}: {reason}, {TRIES} times: "
                        f"try again, or {by_hand}.")


def _request(url, part, timeout, progress) -> None:
    """One request, for what `part` lacks."""
    done = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "deephar", "Accept-Encoding": "identity"}
    if done:
        headers["Range"] = f"bytes={done}-"
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=timeout) as response:
        begins = (response.headers["Content-Range"] or "").split("-")[0]
        if response.status != 206 or begins != f"bytes {done}":
            done = 0                    # the server sends all, whatever was asked
        length = response.headers["Content-Length"]
        total = done + int(length) if length else None
        with open(part, "ab" if done else "wb") as file:
            for piece in _pieces(response):
                file.write(piece)
                done += len(piece)
                if progress:
                    progress(done, total)
    if total is not None and done < total:
        raise _Cut(f"the connection was cut after {done} of {total} bytes")


def _pieces(response) -> Iterator[bytes]:
    try:
        while piece := response.read(CHUNK):
            yield piece
    except CONNECTION_ERRORS as error:
        raise _Cut(f"the connection was cut ({error or type(error).__name__})") from error
