import { useMemo } from "react";
import type { Space } from "../../../api/schema";
import { useSize } from "../../../common/useSize";
import { blockAddress } from "../address";
import classes from "../Space.module.css";
import { type Block, blocksOf } from "./blocks";
import { squarify } from "./squarify";
import { TreemapBlock } from "./TreemapBlock";

/** What takes the space: a block for each image, a tile for each of its layers. */
export function Treemap({ space }: { space: Space }) {
  const { ref, width, height } = useSize<HTMLDivElement>();
  const blocks = useMemo(() => blocksOf(space), [space]);
  const addresses = useMemo(
    () => new Map(space.images.map((image) => [image.reference, blockAddress(image)])),
    [space],
  );
  const rects = useMemo(
    () =>
      squarify(
        blocks.map((block) => block.size),
        { x: 0, y: 0, width, height },
      ),
    [blocks, width, height],
  );
  return (
    <div className={classes.map} data-map ref={ref}>
      {blocks.map((block: Block, i) => {
        const rect = rects[i];
        if (!rect || rect.width < 2 || rect.height < 2) return null;
        return <TreemapBlock key={block.key} block={block} rect={rect} to={addresses.get(block.reference ?? "")} />;
      })}
    </div>
  );
}
