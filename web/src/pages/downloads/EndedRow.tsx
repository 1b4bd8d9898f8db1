import { ActionIcon, Tooltip } from "@mantine/core";
import { IconBan, IconCheck, IconExclamationMark, IconRefresh, IconTrash } from "@tabler/icons-react";
import { memo } from "react";
import { Link } from "react-router";
import { useRetry, useStop } from "../../api/actions";
import { inWords } from "../../api/client";
import type { Download } from "../../api/schema";
import { useIsMember, useWhyNot } from "../../common/session";
import { useRowName } from "../../downloads/rowName";
import { shownName, wasCheck } from "../../downloads/store";
import { bytes } from "../../format/amounts";
import { age, moment } from "../../format/time";
import { texts } from "../../texts";
import { pageOf } from "../images/rows";
import classes from "./Downloads.module.css";
import { NextSteps } from "./NextSteps";
import { Sentence } from "./Sentence";

const words = texts.downloads;

/** One download that is over, with its error sentence if it went badly. */
export const EndedRow = memo(function EndedRow({ row }: { row: Download }) {
  const retry = useRetry();
  const stop = useStop();
  const member = useIsMember();
  const whyNot = useWhyNot();
  const name = shownName(row);
  const written = useRowName(name, row.error ?? row.warning);
  const Mark = row.status === "done" ? IconCheck : row.status === "failed" ? IconExclamationMark : IconBan;
  return (
    <li className={`card ${classes.ended}`}>
      <div className={classes.line}>
        <span className={classes.mark} data-status={row.status} aria-hidden="true">
          <Mark size={19} />
        </span>
        <div className={classes.words}>
          {row.status === "done" ? (
            <Link className={`upstream reach ${classes.name}`} to={pageOf(row.type, row.name, row.tag)} title={name}>
              {written}
            </Link>
          ) : (
            <b className={`upstream ${classes.name}`} title={name}>
              {written}
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
          {row.error && <Sentence tone={classes.error}>{inWords(row.reason, row.error)}</Sentence>}
          {row.status === "failed" && <NextSteps row={row} />}
          {row.warning && <Sentence tone={classes.warning}>{row.warning}</Sentence>}
        </div>
        {row.status !== "done" && (
          <Tooltip label={texts.common.retry}>
            <ActionIcon
              variant="default"
              size="lg"
              aria-label={words.retry(name)}
              disabled={!member}
              title={whyNot.member}
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
            title={whyNot.member}
            onClick={() => stop.mutate({ download: row, forget: true })}
          >
            <IconTrash size={18} />
          </ActionIcon>
        </Tooltip>
      </div>
    </li>
  );
});
