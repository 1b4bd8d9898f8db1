import { Button } from "@mantine/core";
import { IconArrowUp, IconListCheck, IconRefresh } from "@tabler/icons-react";
import { useCheck, useStartUpdates, useUpdates } from "../../../api/updates";
import { useIsMember, useWhyNot } from "../../../common/session";
import { said } from "../../../common/toast";
import { texts } from "../../../texts";
import classes from "./Updates.module.css";
import { summaryOf } from "./updates";

const words = texts.updates;

/** How many images have an update, since when that is known, and what can be done about it. */
export function UpdatesBar({ rulesShown, toggleRules }: { rulesShown: boolean; toggleRules: () => void }) {
  const { data } = useUpdates();
  const check = useCheck();
  const start = useStartUpdates();
  const member = useIsMember();
  const whyNot = useWhyNot();
  if (!data) return null;
  return (
    <section className={`card ${classes.bar}`} aria-label={words.region}>
      <strong role="status">{summaryOf(data)}</strong>
      <div className={classes.buttons}>
        <Button
          variant="default"
          leftSection={<IconRefresh size={17} />}
          disabled={!member}
          title={whyNot.member}
          loading={check.isPending || data.waiting > 0}
          onClick={() => check.mutate([])}
        >
          {words.check}
        </Button>
        <Button
          variant="default"
          leftSection={<IconListCheck size={17} />}
          aria-expanded={rulesShown}
          onClick={toggleRules}
        >
          {words.rules}
        </Button>
        {data.available > 0 && (
          <Button
            leftSection={<IconArrowUp size={17} />}
            disabled={!member}
            title={whyNot.member}
            loading={start.isPending}
            onClick={() => start.mutate([], { onSuccess: ({ downloads }) => said(words.started(downloads.length)) })}
          >
            {words.all(data.size)}
          </Button>
        )}
      </div>
    </section>
  );
}
