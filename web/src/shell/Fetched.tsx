import { type ComponentType, useEffect, useState } from "react";
import { noAnswer } from "../api/client";
import { failed } from "../common/toast";

type Dialog = ComponentType<{ close: () => void }>;

/** A dialog whose code comes when it is opened. When it does not come, a message says so, and the page stays. */
export function Fetched({ fetch, close }: { fetch: () => Promise<{ default: Dialog }>; close: () => void }) {
  const [loaded, setLoaded] = useState<{ Dialog: Dialog }>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each time that it is opened
  useEffect(() => {
    fetch().then(
      (module) => setLoaded({ Dialog: module.default }),
      () => {
        failed(noAnswer());
        close();
      },
    );
  }, []);
  return loaded && <loaded.Dialog close={close} />;
}
