import { Tooltip } from "@mantine/core";
import { memo } from "react";
import { Link } from "react-router";
import { toneOf } from "../../../common/marks/ImageTile";
import { bytes } from "../../../format/amounts";
import { oneLine } from "../../../format/clean";
import { texts } from "../../../texts";
import classes from "../Space.module.css";
import type { Block } from "./blocks";
import { type Rect, squarify } from "./squarify";

const GAP = 3;
const CAPTION = 40;
const TONES = 4;

export const TreemapBlock = memo(function TreemapBlock({ block, rect, to }: { block: Block; rect: Rect; to?: string }) {
  const width = Math.max(1, rect.width - GAP);
  const height = Math.max(1, rect.height - GAP);
  const name = nameOf(block);
  const captioned = width > 70 && height > CAPTION + 8;
  const top = captioned ? CAPTION : 3;
  const frame = { x: 3, y: top, width: Math.max(0, width - 6), height: Math.max(0, height - top - 3) };
  const tiles = squarify(
    block.tiles.map((tile) => tile.size),
    frame,
  );
  const inside = (
    <>
      {captioned && (
        <span className={classes.caption}>
          <b className="clip upstream">{name}</b> <span className="clip">{bytes(block.size)}</span>
        </span>
      )}
      {tiles.map(
        (tile, i) =>
          tile.width > 3 &&
          tile.height > 3 && (
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: tiles are as they are until the block is another
              key={i}
              className={classes.tile}
              style={{ left: tile.x, top: tile.y, width: tile.width - 1, height: tile.height - 1 }}
            />
          ),
      )}
    </>
  );
  const shared = {
    className: classes.block,
    "data-kind": block.kind,
    "data-tone": toneOf(block.key) % TONES,
    // The caption names it where there is one.
    "aria-label": captioned && to ? undefined : `${name} ${bytes(block.size)}`,
    style: { left: rect.x, top: rect.y, width, height },
  };
  return (
    <Tooltip label={`${name} · ${bytes(block.size)}`} maw={420} multiline>
      {to ? (
        <Link to={to} {...shared}>
          {inside}
        </Link>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: its tooltip must be reachable by keyboard
        <div role="img" tabIndex={0} {...shared}>
          {inside}
        </div>
      )}
    </Tooltip>
  );
});

function nameOf(block: Block): string {
  if (block.kind === "shared") return texts.space.shared;
  if (block.kind === "others") return texts.space.others(block.images);
  return oneLine(block.reference ?? "", 120);
}
