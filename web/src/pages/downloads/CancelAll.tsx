import { Button } from "@mantine/core";
import { useState } from "react";
import { useStop } from "../../api/actions";
import type { Download } from "../../api/schema";
import { Confirm } from "../../common/form/Confirm";
import { useIsMember, useWhyNot } from "../../common/session";
import { store } from "../../downloads/hooks";
import { texts } from "../../texts";

const words = texts.downloads;

/** Cancels everything under way: the last in line first, so that none begins meanwhile. */
export function CancelAll({ rows }: { rows: readonly Download[] }) {
  const member = useIsMember();
  const whyNot = useWhyNot();
  const stop = useStop();
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const cancel = async () => {
    setBusy(true);
    try {
      for (const download of [...rows].reverse()) {
        // One that has ended meanwhile would be forgotten.
        if (store.isUnderWay(download.id)) await stop.mutateAsync({ download, forget: false });
      }
    } catch {
      // It has been said.
    } finally {
      setBusy(false);
      setAsked(false);
    }
  };
  return (
    <>
      <Button variant="default" disabled={!member} title={whyNot.member} onClick={() => setAsked(true)}>
        {words.cancelAll}
      </Button>
      <Confirm
        opened={asked}
        title={words.cancelAllTitle(rows.length)}
        action={words.cancelAll}
        busy={busy}
        onConfirm={() => void cancel()}
        onClose={() => setAsked(false)}
      >
        {words.cancelAllHint}
      </Confirm>
    </>
  );
}
