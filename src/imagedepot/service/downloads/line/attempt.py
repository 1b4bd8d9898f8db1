"""One run of a download in a worker's thread: how it ended, whatever happened in it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from imagedepot.errors import INTERNAL_ERROR, Cancelled, DepotError
from imagedepot.model.download import DownloadStatus
from imagedepot.model.image import Resolved
from imagedepot.service.downloads.line.job import Job
from imagedepot.service.downloads.line.remedy import remedy_of
from imagedepot.service.downloads.pipeline import DownloadPipeline

_BROKE = "an internal error; the log tells more"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class End:
    """`facts`: the fields of `Download` that tell how it ended."""

    status: DownloadStatus
    facts: Mapping[str, Any] = field(default_factory=dict)


def attempt(pipeline: DownloadPipeline, job: Job, pin: Callable[[Resolved], None], now: Callable[[], datetime]) -> End:
    """Raises nothing: a worker that dies silently would leave its row under way for ever."""
    request = job.download.request
    try:
        outcome = pipeline.run(request, job.progress, job.cancellation, job.resolved, pin)
        return End(DownloadStatus.DONE, {"warning": outcome.warning or None})
    except Cancelled:
        return End(DownloadStatus.CANCELLED)
    except DepotError as error:
        sentence, remedy = pipeline.sentence(request, error), remedy_of(error, request, now())
        return End(DownloadStatus.FAILED, {"error": sentence, "reason": error.code, "remedy": remedy})
    except Exception:  # noqa: BLE001 - see above
        _log.exception("download %s of %s broke", job.download.id, request.title)
        return End(DownloadStatus.FAILED, {"error": f"{request.title}: {_BROKE}", "reason": INTERNAL_ERROR})
