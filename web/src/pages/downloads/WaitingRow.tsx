import { ActionIcon, Tooltip } from "@mantine/core";
import { IconArrowUp, IconX } from "@tabler/icons-react";
import { memo } from "react";
import { useMove, useStop } from "../../api/actions";
import type { Download } from "../../api/schema";
import { useIsMember, useWhyNot } from "../../common/session";
import { shownName } from "../../downloads/store";
import { texts } from "../../texts";
import classes from "./Downloads.module.css";

const words = texts.downloads;

/** A download that waits for its turn; `place` 1 begins next. */
export const WaitingRow = memo(function WaitingRow({ row, place }: { row: Download; place: number }) {
  const member = useIsMember();
  const whyNot = useWhyNot();
  const move = useMove();
  const stop = useStop();
  const name = shownName(row);
  return (
    <li className={`card ${classes.ended}`}>
      <div className={classes.line}>
        <span className={classes.mark} aria-hidden="true">
          {place}
        </span>
        <div className={classes.words}>
          <b className="clip upstream" title={name}>
            {name}
          </b>
          <span className={classes.state}>{[words.place(place), row.platform].filter(Boolean).join(" · ")}</span>
        </div>
        {place > 1 && (
          <Tooltip label={words.moveUp(name)}>
            <ActionIcon
              variant="default"
              size="lg"
              aria-label={words.moveUp(name)}
              disabled={!member}
              title={whyNot.member}
              loading={move.isPending}
              onClick={() => move.mutate({ download: row, place: place - 1 })}
            >
              <IconArrowUp size={18} />
            </ActionIcon>
          </Tooltip>
        )}
        <Tooltip label={texts.common.cancel}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={words.cancel(name)}
            disabled={!member}
            title={whyNot.member}
            loading={stop.isPending}
            onClick={() => stop.mutate({ download: row, forget: false })}
          >
            <IconX size={19} />
          </ActionIcon>
        </Tooltip>
      </div>
    </li>
  );
});
