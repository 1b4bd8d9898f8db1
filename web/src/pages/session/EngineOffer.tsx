import { Button } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useChange } from "../../api/actions";
import { call } from "../../api/client";
import type { Engine } from "../../api/schema";
import { Callout } from "../../common/notes/Callout";
import { storeKind } from "../../common/storeKind";
import { texts } from "../../texts";
import classes from "./session.module.css";

/** An engine that answers but is not chosen, and the button that chooses it. */
export function EngineOffer({ engine }: { engine: Engine }) {
  const choose = useChange("system", () => call("PUT", `/stores/${engine.type}`, { setting: engine.address }));
  const kind = storeKind(engine.kind);
  if (choose.isSuccess) {
    return (
      <Callout tone="accent" role="status" icon={<IconCheck size={20} aria-hidden />}>
        {texts.stores.using(kind)}
      </Callout>
    );
  }
  return (
    <div className={classes.form}>
      <p className="upstream">{texts.welcome.engine(`${kind} ${engine.version ?? ""}`.trim())}</p>
      <Button variant="default" loading={choose.isPending} onClick={() => choose.mutate(undefined)}>
        {texts.welcome.engineUse(kind)}
      </Button>
    </div>
  );
}
