import { Button } from "@mantine/core";
import { imagesChanged } from "../../../api/actions";
import { call } from "../../../api/client";
import type { StoreWork as Work } from "../../../api/schema";
import { Bar } from "../../../common/marks/Bar";
import { useIsAdmin } from "../../../common/session";
import { failed } from "../../../common/toast";
import { count } from "../../../format/amounts";
import { oneLine } from "../../../format/clean";
import { texts } from "../../../texts";
import classes from "../Settings.module.css";

const words = texts.stores;
const LISTED = 20;

/** Images that are moved or removed, with progress; how it ended, and what stays where it was. */
export function StoreWork({ work }: { work: Work }) {
  const admin = useIsAdmin();
  const moves = work.work === "move";
  const stop = () => call("DELETE", `/stores/${work.type}/work`).then(imagesChanged, failed);
  const under = (moves ? words.moving : words.removing)(count(work.done), count(work.total));
  return (
    <div className={classes.row} role="status">
      <div className={classes.words}>
        <strong>{work.ended ? (moves ? words.moved : words.removed)(work.done) : under}</strong>
        {!work.ended && (
          <>
            <span className={`upstream ${classes.quiet}`}>{oneLine(work.waits_for || work.current, 300)}</span>
            <Bar percent={work.total ? (100 * work.done) / work.total : null} label={under} />
          </>
        )}
        {work.failures.length > 0 && (
          <>
            <span className={classes.bad}>{words.stays}</span>
            <ul>
              {work.failures.slice(0, LISTED).map((each) => (
                <li key={each.image} className={`upstream ${classes.quiet}`}>
                  {`${each.image}: ${oneLine(each.reason, 400)}`}
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
      {!work.ended && (
        <Button variant="default" disabled={!admin} onClick={() => void stop()}>
          {words.stop}
        </Button>
      )}
    </div>
  );
}
