import { Button } from "@mantine/core";
import { IconRefresh, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useDownload } from "../../api/actions";
import { useIsAdmin, useIsMember } from "../../common/session";
import { said } from "../../common/toast";
import { texts } from "../../texts";
import classes from "./Images.module.css";
import { RemoveDialog } from "./RemoveDialog";
import type { ImageRow } from "./rows";

/** What can be done with several images at once. */
export function SelectionBar({ rows, clear }: { rows: readonly ImageRow[]; clear: () => void }) {
  const [removing, setRemoving] = useState(false);
  const download = useDownload();
  const admin = useIsAdmin();
  const member = useIsMember();
  if (rows.length === 0) return null;
  const pull = () => {
    for (const row of rows) {
      for (const { tag } of row.tags) download.mutate({ from: row.depot, type: row.type, name: row.name, tag });
    }
    said(texts.images.pulling(texts.common.images(rows.length)));
    clear();
  };
  return (
    <>
      <section className={`card ${classes.chosen}`} aria-label={texts.images.selected(rows.length)}>
        <strong>{texts.images.selected(rows.length)}</strong>
        <Button variant="default" leftSection={<IconRefresh size={17} />} disabled={!member} onClick={pull}>
          {texts.images.pullSelected}
        </Button>
        <Button color="red" leftSection={<IconTrash size={17} />} disabled={!admin} onClick={() => setRemoving(true)}>
          {texts.images.removeSelected}
        </Button>
        <Button variant="subtle" color="gray" onClick={clear}>
          {texts.images.clearSelection}
        </Button>
      </section>
      <RemoveDialog
        opened={removing}
        targets={rows.map((row) => ({
          type: row.type,
          name: row.name,
          tags: row.tags.map((one) => one.tag),
          whole: true,
        }))}
        close={() => setRemoving(false)}
        removed={clear}
      />
    </>
  );
}
