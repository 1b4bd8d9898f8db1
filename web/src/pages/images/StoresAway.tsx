import { Button } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { useState } from "react";
import { client } from "../../api/queries";
import { useThisSystem } from "../../common/session";
import { storeKind } from "../../common/storeKind";
import { oneLine } from "../../format/clean";
import { texts } from "../../texts";
import classes from "./Images.module.css";

/** Says whose images are missing from the list, because the engine that has them does not answer. */
export function StoresAway() {
  const away = useThisSystem().stores.filter((store) => !store.available);
  const [busy, setBusy] = useState(false);
  const again = async () => {
    setBusy(true);
    await client.invalidateQueries({ predicate: ({ queryKey }) => ["system", "local"].includes(String(queryKey[0])) });
    setBusy(false);
  };
  return away.map((store) => (
    <div key={store.type} className={classes.away} role="alert">
      <IconPlugConnectedX size={21} aria-hidden />
      <div>
        <strong>{texts.images.away(storeKind(store.kind), texts.common[store.type])}</strong>
        <span className="upstream">{oneLine(store.reason ?? store.address ?? "", 400)}</span>
      </div>
      <Button variant="default" loading={busy} onClick={() => void again()}>
        {texts.common.retry}
      </Button>
    </div>
  ));
}
