"""An engine's answers as ours: rows of its list, and Docker's inspect object with the old fields filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from imagedepot.errors import InvalidReference
from imagedepot.model.digest import Digest
from imagedepot.model.image import ImageType, InstalledImage, Remark
from imagedepot.model.names.reference import Reference
from imagedepot.model.platform import Platform
from imagedepot.model.text.moment import from_timestamp
from imagedepot.stores.docker.inspect import filled_in
from imagedepot.stores.docker.records import EngineRecord


def reference_of(row: InstalledImage) -> Reference:
    return Reference.for_tag(row.name, row.tag)


def engine_rows(
    answer: Sequence[Mapping[str, Any]],
    records: Mapping[str, EngineRecord],
    platform: Callable[[str], Platform | None],
    store: str = "docker",
) -> tuple[InstalledImage, ...]:
    """One row per tag, ours by digest too; by name, then tag. A row that breaks the grammar is passed over."""
    rows: dict[tuple[str, str], InstalledImage] = {}
    for each in answer:
        image_id = str(each["Id"])
        ours = [
            str(record.reference) for record in records.values() if record.id == image_id and "@" in record.reference
        ]
        for text in [*(each.get("RepoTags") or ()), *ours]:
            try:
                reference = Reference.parse(text)
            except InvalidReference:
                continue  # <none>:<none> of engines before API 1.43
            record = records.get(str(reference))
            if record is not None and record.id != image_id:
                record = None
            row = InstalledImage(
                ImageType.DOCKER,
                reference.familiar_name,
                reference.label,
                int(each.get("Size") or 0),
                digest=record.digest if record else _repo_digest(each, reference),
                id=image_id,
                platform=platform(image_id),
                created=from_timestamp(each.get("Created")),
                installed_at=record.installed_at if record else None,
                depot=record.depot if record else None,
                remark=record.remark if record else Remark(),
                store=store,
            )
            rows[row.name, row.tag] = row
    return tuple(rows[key] for key in sorted(rows))


def engine_inspect(answer: Mapping[str, Any], siblings: Sequence[InstalledImage]) -> dict[str, Any]:
    """`siblings`: every row of the same image; their digests are what a loaded image lacks."""
    digests = [str(each) for each in answer.get("RepoDigests") or ()]
    ours = [f"{row.name}@{row.digest}" for row in siblings if row.digest]
    known = {_normal(each) for each in digests}
    digests += [each for each in dict.fromkeys(ours) if _normal(each) not in known]
    tags = [f"{row.name}:{row.tag}" for row in siblings if ":" not in row.tag]
    root = answer.get("RootFS") or {}
    layers = {"Type": root.get("Type") or "layers", "Layers": list(root.get("Layers") or ())}
    whole = {**answer, "RepoTags": tags, "RepoDigests": digests, "RootFS": layers}
    return filled_in(whole, int(answer.get("Size") or 0))


def is_only_name(answer: Mapping[str, Any], reference: Reference) -> bool:
    """Whether the image of this inspect object would go with `reference`."""
    digests = {_normal(str(each)).partition("@")[0] for each in answer.get("RepoDigests") or ()}
    tags = [_normal(str(each)) for each in answer.get("RepoTags") or ()]
    return tags == [str(reference)] and digests <= {reference.name}


def engine_history(answer: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The build steps, oldest first, in the keys of an OCI config."""
    steps = []
    for each in reversed(answer):
        created = from_timestamp(each.get("Created"))
        step = {
            "created": created.isoformat().replace("+00:00", "Z") if created else "",
            "created_by": str(each.get("CreatedBy") or ""),
            "comment": str(each.get("Comment") or ""),
            "empty_layer": not each.get("Size"),
        }
        steps.append({key: value for key, value in step.items() if value})
    return steps


def _normal(text: str) -> str:
    try:
        return str(Reference.parse(text))
    except InvalidReference:
        return text


def _repo_digest(each: Mapping[str, Any], reference: Reference) -> Digest | None:
    """The engine's own digest of this repository: of what the tag named when the engine pulled it."""
    for text in each.get("RepoDigests") or ():
        try:
            known = Reference.parse(text)
        except InvalidReference:
            continue
        if known.name == reference.name:
            return known.digest
    return None
