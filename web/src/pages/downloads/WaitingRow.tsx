import { ActionIcon, Tooltip } from "@mantine/core";
import { IconArrowUp } from "@tabler/icons-react";
import { memo } from "react";
import { useMove } from "../../api/actions";
import type { Download } from "../../api/schema";
import { useIsMember, useWhyNot } from "../../common/session";
import { useRowName } from "../../downloads/rowName";
import { shownName } from "../../downloads/store";
import { texts } from "../../texts";
import { CancelButton } from "./CancelButton";
import classes from "./Downloads.module.css";

const words = texts.downloads;

/** A download that waits for its turn; `place` 1 begins next. */
export const WaitingRow = memo(function WaitingRow({ row, place }: { row: Download; place: number }) {
  const member = useIsMember();
  const whyNot = useWhyNot();
  const move = useMove();
  const name = shownName(row);
  const written = useRowName(name, null);
  return (
    <li className={`card ${classes.ended}`}>
      <div className={classes.line}>
        <span className={classes.mark} aria-hidden="true">
          {place}
        </span>
        <div className={classes.words}>
          <b className={`upstream ${classes.name}`} title={name}>
            {written}
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
        <CancelButton row={row} />
      </div>
    </li>
  );
});
