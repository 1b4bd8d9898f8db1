import { Button, Group } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { useState } from "react";
import { useChange } from "../../api/actions";
import { call } from "../../api/client";
import type { Verification } from "../../api/schema";
import { Section } from "../../common/page/Section";
import { useIsAdmin, useWhyNot } from "../../common/session";
import { bytes } from "../../format/amounts";
import { oneLine } from "../../format/clean";
import { texts } from "../../texts";
import classes from "./Space.module.css";

const words = texts.space;

/** Reads every file again; what is damaged is named, and fetched again when that is wanted. */
export function VerifyCard() {
  const admin = useIsAdmin();
  const whyNot = useWhyNot();
  const [found, setFound] = useState<Verification | null>(null);
  const verify = useChange("space", async (repair: boolean) => {
    setFound(null);
    setFound(await call<Verification>("POST", "/space/verify", { repair }));
  });
  const damaged = found?.problems.some((problem) => !problem.repaired);
  return (
    <Section title={words.verify}>
      <p className={classes.words}>{words.verifyHint}</p>
      <Group gap="xs">
        <Button
          variant="default"
          leftSection={<IconShieldCheck size={17} />}
          disabled={!admin}
          title={whyNot.admin}
          loading={verify.isPending}
          onClick={() => verify.mutate(false)}
        >
          {words.verify}
        </Button>
        {damaged && (
          <Button loading={verify.isPending} onClick={() => verify.mutate(true)}>
            {words.repair}
          </Button>
        )}
      </Group>
      <div role="status">
        {verify.isPending && <p className={classes.quiet}>{words.verifyRunning}</p>}
        {found && found.problems.length === 0 && (
          <p className={classes.good}>{words.verified(found.checked, bytes(found.bytes))}</p>
        )}
        {found && found.problems.length > 0 && (
          <>
            <p className={classes.bad}>{words.problems(found.problems.length)}</p>
            <ul className={classes.problems}>
              {found.problems.slice(0, 50).map((problem) => (
                <li key={problem.digest}>
                  <span className="mono upstream">{oneLine(problem.digest, 80)}</span>
                  <span className="upstream">
                    {oneLine(problem.reason, 300)} ({problem.repaired ? words.repaired : words.notRepaired})
                  </span>
                  {problem.images.length > 0 && (
                    <span className="upstream">{oneLine(problem.images.join(", "), 300)}</span>
                  )}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </Section>
  );
}
