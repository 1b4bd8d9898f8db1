import { Button } from "@mantine/core";
import { IconCloudDown } from "@tabler/icons-react";
import { useMemo } from "react";
import { Link } from "react-router";
import { useRetry } from "../../api/actions";
import { Notice } from "../../common/notes/Notice";
import { ViewerNote } from "../../common/notes/ViewerNote";
import { PageHead } from "../../common/page/PageHead";
import { useIsMember, useWhyNot } from "../../common/session";
import { clearFinished } from "../../downloads/clear";
import { usePicture } from "../../downloads/hooks";
import { sectionsOf } from "../../downloads/sections";
import { speedOf } from "../../downloads/store";
import { rate } from "../../format/amounts";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import { Fetches } from "../mirror/Fetches";
import { CancelAll } from "./CancelAll";
import classes from "./Downloads.module.css";
import { EndedRow } from "./EndedRow";
import { Part } from "./Part";
import { RunningRow } from "./RunningRow";
import { WaitingRow } from "./WaitingRow";

const words = texts.downloads;
const ENDED_SHOWN = 200;

/** Downloads come from the event stream, which also says when to ask for what the mirror fetches. */
export default function Downloads() {
  const { connection, downloads } = usePicture();
  const retry = useRetry();
  const member = useIsMember();
  const whyNot = useWhyNot();
  const { running, waiting, failed, finished } = useMemo(() => sectionsOf(downloads), [downloads]);
  const underWay = [...running, ...waiting];
  if (connection === "connecting" && downloads.length === 0) return <PageLoading />;
  const retryAll = async () => {
    for (const row of failed) await retry.mutateAsync(row);
  };
  return (
    <>
      <PageHead title={words.title} hint={words.summary(running.length, waiting.length, rate(speedOf(running)))}>
        {underWay.length > 1 && <CancelAll rows={underWay} />}
      </PageHead>
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
        <Part title={words.running}>
          {running.map((row) => (
            <RunningRow key={row.id} row={row} />
          ))}
        </Part>
      )}
      {waiting.length > 0 && (
        <Part title={words.waiting}>
          {waiting.map((row, at) => (
            <WaitingRow key={row.id} row={row} place={at + 1} />
          ))}
        </Part>
      )}
      <div className={classes.mirror}>
        <Fetches />
      </div>
      {failed.length > 0 && (
        <Part
          title={words.failures}
          action={
            failed.length > 1 && (
              <Button
                variant="subtle"
                color="gray"
                size="compact-md"
                disabled={!member}
                title={whyNot.member}
                loading={retry.isPending}
                onClick={() => void retryAll().catch(() => {})}
              >
                {words.retryAll}
              </Button>
            )
          }
        >
          {failed.slice(0, ENDED_SHOWN).map((row) => (
            <EndedRow key={row.id} row={row} />
          ))}
        </Part>
      )}
      {finished.length > 0 && (
        <Part
          title={words.ended}
          action={
            <Button
              variant="subtle"
              color="gray"
              size="compact-md"
              disabled={!member}
              title={whyNot.member}
              onClick={() => clearFinished(finished)}
            >
              {words.forgetAll}
            </Button>
          }
        >
          {finished.slice(0, ENDED_SHOWN).map((row) => (
            <EndedRow key={row.id} row={row} />
          ))}
        </Part>
      )}
    </>
  );
}
