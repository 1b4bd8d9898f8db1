import { Button } from "@mantine/core";
import { useState } from "react";
import { useEngineLoad, useLoadInto, useStopLoad } from "../../../api/engines";
import type { Engine } from "../../../api/schema";
import { Bar } from "../../../common/marks/Bar";
import { useThisSystem } from "../../../common/session";
import type { Reference } from "../../../format/names/reference";
import { texts } from "../../../texts";
import classes from "../Image.module.css";

/** Buttons that give the image to an engine that runs here and is not the store. */
export function LoadInto({ reference }: { reference: Reference }) {
  const { engines_seen } = useThisSystem();
  const engines = engines_seen.filter((engine) => engine.type === "docker");
  return engines.map((engine) => <IntoOne key={engine.address} reference={reference} engine={engine} />);
}

function IntoOne({ reference, engine }: { reference: Reference; engine: Engine }) {
  const words = texts.image.loadInto;
  const [id, setId] = useState("");
  const begin = useLoadInto(setId);
  const stop = useStopLoad();
  const { data: load } = useEngineLoad(id);
  const name = words.names[engine.kind as keyof typeof words.names] ?? engine.kind;
  if (load?.status === "running") {
    const percent = load.total ? (100 * load.done) / load.total : null;
    return (
      <div className={classes.into}>
        <span>{words.running(name)}</span>
        <Bar percent={percent} label={words.running(name)} />
        <Button variant="default" size="compact-md" onClick={() => stop.mutate(load.id)}>
          {texts.common.cancel}
        </Button>
      </div>
    );
  }
  return (
    <div className={classes.into}>
      <Button
        variant="default"
        size="compact-md"
        loading={begin.isPending}
        onClick={() => begin.mutate({ ...reference, engine: engine.address })}
      >
        {words.action(name)}
      </Button>
      <span role="status" className={load?.status === "failed" ? classes.bad : classes.quiet}>
        {load?.status === "done" && words.done(name)}
        {load?.status === "failed" && load.error}
        {load?.status === "cancelled" && words.cancelled}
      </span>
    </div>
  );
}
