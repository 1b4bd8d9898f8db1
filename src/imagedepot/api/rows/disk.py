"""What is told of the disk: space, clean-up, verification."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imagedepot.content.gc import Freed
    from imagedepot.files.free_space import Space
    from imagedepot.service.repair import Verdict
    from imagedepot.service.space import Usage


MOST_UNNAMED = 100


def space_row(space: Space) -> dict[str, Any]:
    return {"free": space.free, "total": space.total, "reserve": space.reserve}


def usage_answer(usage: Usage) -> dict[str, Any]:
    return {
        **space_row(usage.space),
        "used": usage.used,
        "images": [
            {
                "type": use.image.type,
                "name": use.image.name,
                "tag": use.image.tag,
                "reference": use.image.title,
                "size": use.image.size,
                "own": use.own,
                "shared": use.shared,
            }
            for use in usage.images
        ],
        "blobs": [
            {"digest": str(blob.digest), "size": blob.size, "images": list(blob.references)} for blob in usage.blobs
        ],
        "reclaimable": {"bytes": usage.reclaimable.bytes, "files": usage.reclaimable.files},
    }


def freed_answer(freed: Freed) -> dict[str, Any]:
    return {"freed": freed.bytes, "files": freed.files}


def verdict_answer(verdict: Verdict, folder: Path) -> dict[str, Any]:
    """Paths are relative to the data folder."""
    return {
        "checked": verdict.checked,
        "bytes": verdict.bytes,
        "problems": [
            {
                "digest": problem.digest,
                "path": str(problem.path.relative_to(folder) if problem.path.is_relative_to(folder) else problem.path),
                "reason": problem.reason,
                "images": list(problem.images),
                "repaired": repaired,
            }
            for problem, repaired in verdict.problems
        ],
        "unnamed": {
            "files": len(verdict.unnamed),
            "bytes": sum(size for _, size in verdict.unnamed),
            "digests": [str(digest) for digest, _ in verdict.unnamed[:MOST_UNNAMED]],
        },
    }
