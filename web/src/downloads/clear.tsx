/** Clears the list of what is over. It can be undone until the message goes, or the page. */

import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { call, send } from "../api/client";
import type { Download, ForgottenDownloads } from "../api/schema";
import { failed } from "../common/toast";
import { texts } from "../texts";
import { store } from "./hooks";

const SHOWN = 10_000;
const words = texts.downloads;

export function clearFinished(rows: readonly Download[]): void {
  const ids = rows.map((row) => row.id);
  const path = `/downloads?${new URLSearchParams({ before: lastEnd(rows) })}`;
  let open = true;
  const leave = () => {
    if (open) send("DELETE", path);
  };
  const close = () => {
    open = false;
    window.removeEventListener("pagehide", leave);
  };
  const undo = () => {
    close();
    store.show(ids);
    notifications.hide(shown);
  };
  const commit = async () => {
    if (!open) return;
    close();
    try {
      // One that was retried meanwhile is not forgotten.
      const { forgotten } = await call<ForgottenDownloads>("DELETE", path);
      store.forgetAll(forgotten);
      store.show(ids);
    } catch (error) {
      store.show(ids);
      failed(error);
    }
  };
  store.hide(ids);
  window.addEventListener("pagehide", leave);
  const shown = notifications.show({
    title: words.cleared(ids.length),
    message: (
      <Button variant="light" size="compact-md" onClick={undo}>
        {words.undo}
      </Button>
    ),
    color: "petrol",
    role: "status",
    autoClose: SHOWN,
    onClose: () => void commit(),
    closeButtonProps: { "aria-label": texts.common.close },
  });
}

/** The end of the last of them, whose second is whole: the service knows parts of it. */
function lastEnd(rows: readonly Download[]): string {
  const ends = rows.map((row) => row.ended ?? "").sort();
  return (ends.at(-1) ?? "").replace("Z", ".999999Z");
}
