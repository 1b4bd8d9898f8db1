import { ActionIcon } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import type { SpaceOfImage } from "../../api/schema";
import { useIsAdmin, useWhyNot } from "../../common/session";
import { bytes } from "../../format/amounts";
import { shown } from "../../format/names/own";
import { texts } from "../../texts";
import { RemoveDialog, type Target } from "../images/RemoveDialog";
import { blockAddress } from "./address";
import classes from "./Space.module.css";

const words = texts.space.columns;
const FEW = 15;

/** The same as the map, in figures: first what frees most when it goes. */
export function ImageSizes({ images }: { images: readonly SpaceOfImage[] }) {
  const admin = useIsAdmin();
  const whyNot = useWhyNot();
  const [all, setAll] = useState(false);
  const [target, setTarget] = useState<Target | null>(null);
  const [removing, setRemoving] = useState(false);
  const ordered = useMemo(() => [...images].sort((a, b) => b.own - a.own || b.size - a.size), [images]);
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
            <th scope="col">
              <span className="unseen">{texts.remove.action}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {ordered.slice(0, all ? ordered.length : FEW).map((image) => (
            <tr key={`${image.type} ${image.reference} ${image.store}`}>
              <td>
                <Link className="name upstream reach" to={blockAddress(image)} title={image.reference}>
                  {shown(image.reference)}
                </Link>
              </td>
              <td className={classes.narrow}>{bytes(image.own)}</td>
              <td className={classes.narrow}>{bytes(image.shared)}</td>
              <td>{bytes(image.size)}</td>
              <td>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={texts.space.remove(shown(image.reference))}
                  disabled={!admin}
                  title={whyNot.admin}
                  onClick={() => {
                    setTarget({
                      type: image.type,
                      name: image.name,
                      tags: [image.tag],
                      whole: image.type === "lxc",
                      store: image.store,
                    });
                    setRemoving(true);
                  }}
                >
                  <IconTrash size={17} />
                </ActionIcon>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <RemoveDialog opened={removing} targets={target ? [target] : []} close={() => setRemoving(false)} />
      {!all && ordered.length > FEW && (
        <button type="button" className={classes.link} onClick={() => setAll(true)}>
          {texts.common.all(ordered.length)}
        </button>
      )}
    </>
  );
}
