import { Button } from "@mantine/core";
import { Link } from "react-router";
import { useDownload, useStop } from "../../api/actions";
import type { DepotName, Download } from "../../api/schema";
import { useIsAdmin, useIsMember, useWhyNot } from "../../common/session";
import classes from "./Downloads.module.css";
import { nextSteps, plannedRetry } from "./nextSteps";

/** What to do about a download that failed, and whether it is done by itself. */
export function NextSteps({ row }: { row: Download }) {
  const admin = useIsAdmin();
  const member = useIsMember();
  const whyNot = useWhyNot();
  const download = useDownload();
  const stop = useStop();
  const retry = plannedRetry(row);
  const steps = nextSteps(row).filter((step) => admin || !step.admin);
  if (steps.length === 0 && retry === null) return null;
  const instead = async (platform: string) => {
    const { type, name, tag } = row;
    await download.mutateAsync({ from: row.from as DepotName, type, name, tag, platform });
    stop.mutate({ download: row, forget: true });
  };
  return (
    <div className={classes.steps}>
      {retry !== null && <span>{retry}</span>}
      {steps.map(({ words, to, platform }) =>
        to === null ? (
          <Button
            key={words}
            variant="light"
            size="compact-md"
            disabled={!member}
            title={whyNot.member}
            loading={download.isPending}
            onClick={() => void instead(platform ?? "").catch(() => {})}
          >
            {words}
          </Button>
        ) : (
          <Button key={words} variant="light" size="compact-md" component={Link} to={to}>
            {words}
          </Button>
        ),
      )}
    </div>
  );
}
