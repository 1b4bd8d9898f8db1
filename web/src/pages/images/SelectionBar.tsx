import { Button } from "@mantine/core";
import { IconRefresh, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useCheck } from "../../api/updates";
import { useIsAdmin, useIsMember, useWhyNot } from "../../common/session";
import { said } from "../../common/toast";
import { texts } from "../../texts";
import classes from "./Images.module.css";
import { RemoveDialog } from "./RemoveDialog";
import type { ImageRow } from "./rows";
import { imagesOf, verdictOf } from "./updates/updates";

/** What can be done with several images at once. */
export function SelectionBar({ rows, clear }: { rows: readonly ImageRow[]; clear: () => void }) {
  const [removing, setRemoving] = useState(false);
  const check = useCheck();
  const admin = useIsAdmin();
  const whyNot = useWhyNot();
  const member = useIsMember();
  if (rows.length === 0) return null;
  const look = () => {
    check.mutate(rows.flatMap(imagesOf), {
      onSuccess: (found) => said(verdictOf(texts.common.images(rows.length), found)),
    });
    clear();
  };
  return (
    <>
      <section className={`card ${classes.chosen}`} aria-label={texts.images.selected(rows.length)}>
        <strong>{texts.images.selected(rows.length)}</strong>
        <Button
          variant="default"
          leftSection={<IconRefresh size={17} />}
          disabled={!member}
          title={whyNot.member}
          onClick={look}
        >
          {texts.updates.checkOne}
        </Button>
        <Button
          color="red"
          leftSection={<IconTrash size={17} />}
          disabled={!admin}
          title={whyNot.admin}
          onClick={() => setRemoving(true)}
        >
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
          store: row.store,
        }))}
        close={() => setRemoving(false)}
        removed={clear}
      />
    </>
  );
}
