import { Button, Loader } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { useState } from "react";
import { useClientRequests } from "../../api/queries";
import type { ClientRequest } from "../../api/schema";
import { Code } from "../../common/code/Code";
import { Callout } from "../../common/notes/Callout";
import { Section } from "../../common/page/Section";
import { useIsAdmin, useWhyNot } from "../../common/session";
import { oneLine } from "../../format/clean";
import { texts } from "../../texts";
import { type Verdict, verdictOf } from "./arrived";
import classes from "./Mirror.module.css";

const words = texts.machines;

/** Waits for the next request of a client, and shows it. */
export function TestClient({ attempt }: { attempt: string }) {
  const admin = useIsAdmin();
  const whyNot = useWhyNot();
  const [waiting, setWaiting] = useState(false);
  const [before, setBefore] = useState<number | null>(null);
  const { data, dataUpdatedAt } = useClientRequests(waiting);
  const [startedAt, setStartedAt] = useState(0);
  const [seen, setSeen] = useState<ClientRequest | null>(null);
  const [seenAt, setSeenAt] = useState(0);

  // The first answer after the start says what was there before; the first number beyond it is the client's.
  const newest = data?.[0];
  if (waiting && data && dataUpdatedAt >= startedAt) {
    if (before === null) setBefore(newest?.number ?? 0);
    else if (newest && newest.number > before) {
      // A refusal may be how a client begins to sign in: it counts when nothing has followed it a look later.
      const isNew = seen?.number !== newest.number;
      if (isNew) {
        setSeen(newest);
        setSeenAt(dataUpdatedAt);
      }
      if (verdictOf(newest.status) !== "refused" || (!isNew && dataUpdatedAt > seenAt)) setWaiting(false);
    }
  }
  const start = () => {
    setStartedAt(Date.now());
    setBefore(null);
    setSeen(null);
    setWaiting(true);
  };

  return (
    <Section
      title={words.test}
      hint={admin ? words.testHint : words.testForAdmins}
      action={
        <Button
          variant={waiting ? "default" : "filled"}
          leftSection={waiting ? <IconPlayerStop size={17} /> : <IconPlayerPlay size={17} />}
          disabled={!admin}
          title={whyNot.admin}
          onClick={waiting ? () => setWaiting(false) : start}
        >
          {waiting ? words.stop : words.start}
        </Button>
      }
    >
      <p className={classes.quiet}>{words.tryThis}</p>
      <Code text={attempt} label={words.tryThis} />
      <div role="status" className={classes.result}>
        {waiting && before !== null && (
          <p className={classes.waiting}>
            <Loader size="sm" aria-hidden />
            {words.waiting}
          </p>
        )}
        {seen && !waiting && <Arrived request={seen} />}
      </div>
    </Section>
  );
}

const SAID: Record<Verdict, (address: string, agent: string) => string> = {
  works: words.arrived,
  refused: words.refused,
  missing: words.notHere,
};

function Arrived({ request }: { request: ClientRequest }) {
  const verdict = verdictOf(request.status);
  const agent = oneLine(request.agent.split(" ")[0] ?? "", 60);
  return (
    <>
      <Callout
        tone={verdict === "works" ? "accent" : "amber"}
        icon={verdict === "works" ? <IconCheck size={20} aria-hidden /> : <IconAlertTriangle size={20} aria-hidden />}
      >
        {SAID[verdict](request.address, agent)}
      </Callout>
      <p className={`mono upstream ${classes.quiet}`}>{words.request(oneLine(request.request, 220), request.status)}</p>
    </>
  );
}
