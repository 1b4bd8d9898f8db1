import { ActionIcon, Tooltip } from "@mantine/core";
import { IconBan, IconCheck, IconExclamationMark, IconRefresh, IconTrash } from "@tabler/icons-react";
import { memo } from "react";
import { Link } from "react-router";
import { useRetry, useStop } from "../../api/actions";
import type { Download } from "../../api/schema";
import { useIsMember } from "../../common/session";
import { shownName, wasCheck } from "../../downloads/store";
import { bytes } from "../../format/amounts";
import { oneLine } from "../../format/clean";
import { age, moment } from "../../format/time";
import { texts } from "../../texts";
import { pageOf } from "../images/rows";
import classes from "./Downloads.module.css";

const words = texts.downloads;

/** One download that is over, with its error sentence if it went badly. */
export const EndedRow = memo(function EndedRow({ row }: { row: Download }) {
  const retry = useRetry();
  const stop = useStop();
  const member = useIsMember();
  const name = shownName(row);
  const Mark = row.status === "done" ? IconCheck : row.status === "failed" ? IconExclamationMark : IconBan;
  return (
    <li className={`card ${classes.ended}`}>
      <div className={classes.line}>
        <span className={classes.mark} data-status={row.status} aria-hidden="true">
          <Mark size={19} />
        </span>
        <div className={classes.words}>
          {row.status === "done" ? (
            <Link className="clip upstream" to={pageOf(row.type, row.name, row.tag)} title={name}>
              {name}
            </Link>
          ) : (
            <b className="clip upstream" title={name}>
              {name}
            </b>
          )}
          <span className={classes.state} title={moment(row.ended)}>
            {[
              wasCheck(row) ? words.checked : words.statuses[row.status],
              age(row.ended),
              row.status === "done" && row.total ? bytes(row.total) : null,
              row.platform,
            ]
              .filter(Boolean)
              .join(" · ")}
          </span>
          {row.error && <span className={`upstream ${classes.error}`}>{oneLine(row.error, 600)}</span>}
          {row.warning && <span className={`upstream ${classes.warning}`}>{oneLine(row.warning, 600)}</span>}
        </div>
        {row.status !== "done" && (
          <Tooltip label={texts.common.retry}>
            <ActionIcon
              variant="default"
              size="lg"
              aria-label={words.retry(name)}
              disabled={!member}
              loading={retry.isPending}
              onClick={() => retry.mutate(row)}
            >
              <IconRefresh size={18} />
            </ActionIcon>
          </Tooltip>
        )}
        <Tooltip label={words.forget(name)}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={words.forget(name)}
            disabled={!member}
            onClick={() => stop.mutate({ download: row, forget: true })}
          >
            <IconTrash size={18} />
          </ActionIcon>
        </Tooltip>
      </div>
    </li>
  );
});
