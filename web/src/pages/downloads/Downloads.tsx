import { Button } from "@mantine/core";
import { IconCloudDown } from "@tabler/icons-react";
import { Link } from "react-router";
import { useStop } from "../../api/actions";
import { Notice } from "../../common/Notice";
import { PageHead } from "../../common/PageHead";
import { useIsMember, useWhyNot } from "../../common/session";
import { ViewerNote } from "../../common/ViewerNote";
import { usePicture, useRunning } from "../../downloads/hooks";
import { ended, speedOf } from "../../downloads/store";
import { rate } from "../../format/amounts";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import { Fetches } from "../mirror/Fetches";
import classes from "./Downloads.module.css";
import { EndedRow } from "./EndedRow";
import { RunningRow } from "./RunningRow";

const words = texts.downloads;
const ENDED_SHOWN = 200;

/** Downloads come from the event stream, which also says when to ask for what the mirror fetches. */
export default function Downloads() {
  const { connection, downloads } = usePicture();
  const running = useRunning();
  const stop = useStop();
  const member = useIsMember();
  const whyNot = useWhyNot();
  const over = downloads.filter(ended);
  if (connection === "connecting" && downloads.length === 0) return <PageLoading />;
  const clear = async () => {
    for (const download of over) await stop.mutateAsync({ download, forget: true });
  };
  return (
    <>
      <PageHead title={words.title} hint={words.summary(running.length, rate(speedOf(running)))} />
      <ViewerNote />
      {downloads.length === 0 && (
        <div className="card">
          <Notice icon={<IconCloudDown size={30} />} title={words.empty} hint={words.emptyHint}>
            <Button component={Link} to="/discover/appcenter">
              {texts.images.emptyAction}
            </Button>
          </Notice>
        </div>
      )}
      {running.length > 0 && (
        <section aria-label={words.running}>
          <div className={classes.head}>
            <h2>{words.running}</h2>
          </div>
          <ul className={classes.list}>
            {running.map((row) => (
              <RunningRow key={row.id} row={row} />
            ))}
          </ul>
        </section>
      )}
      <div className={classes.mirror}>
        <Fetches />
      </div>
      {over.length > 0 && (
        <section aria-label={words.ended}>
          <div className={classes.head}>
            <h2>{words.ended}</h2>
            <Button
              variant="subtle"
              color="gray"
              size="compact-md"
              disabled={!member}
              title={whyNot.member}
              onClick={() => void clear().catch(() => {})}
            >
              {words.forgetAll}
            </Button>
          </div>
          <ul className={classes.list}>
            {over.slice(0, ENDED_SHOWN).map((row) => (
              <EndedRow key={row.id} row={row} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
