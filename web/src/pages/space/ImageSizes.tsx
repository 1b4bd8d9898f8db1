import { useMemo, useState } from "react";
import { Link } from "react-router";
import type { SpaceOfImage } from "../../api/schema";
import { bytes } from "../../format/amounts";
import { shown } from "../../format/own";
import { texts } from "../../texts";
import { blockAddress } from "./address";
import classes from "./Space.module.css";

const words = texts.space.columns;
const FEW = 15;
const MOST = 500;

/** The same as the map, in figures. */
export function ImageSizes({ images }: { images: readonly SpaceOfImage[] }) {
  const [all, setAll] = useState(false);
  const ordered = useMemo(() => [...images].sort((a, b) => b.size - a.size), [images]);
  return (
    <>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{words.image}</th>
            <th scope="col" className={classes.narrow}>
              {words.own}
            </th>
            <th scope="col" className={classes.narrow}>
              {words.shared}
            </th>
            <th scope="col">{words.size}</th>
          </tr>
        </thead>
        <tbody>
          {ordered.slice(0, all ? MOST : FEW).map((image) => (
            <tr key={`${image.type} ${image.reference}`}>
              <td>
                <Link className="clip upstream" to={blockAddress(image)} title={image.reference}>
                  {shown(image.reference)}
                </Link>
              </td>
              <td className={classes.narrow}>{bytes(image.own)}</td>
              <td className={classes.narrow}>{bytes(image.shared)}</td>
              <td>{bytes(image.size)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {!all && ordered.length > FEW && (
        <button type="button" className={classes.link} onClick={() => setAll(true)}>
          {texts.common.all(ordered.length)}
        </button>
      )}
    </>
  );
}
