import { ActionIcon, Tooltip } from "@mantine/core";
import { IconCheck, IconDownload } from "@tabler/icons-react";
import { Link } from "react-router";
import type { Download } from "../../api/schema";
import { Bar } from "../../common/marks/Bar";
import { Chip } from "../../common/marks/Chip";
import { howFar } from "../../downloads/progress";
import { bytes } from "../../format/amounts";
import { age } from "../../format/time";
import { texts } from "../../texts";
import { pageOf } from "../images/rows";
import classes from "./Image.module.css";
import type { TagLine } from "./tags";

const words = texts.image;

/** One tag: what is known of it, and how to get it. */
export function TagItem({
  line,
  name,
  here,
  running,
  pull,
}: {
  line: TagLine & { kind: "tag" };
  name: string;
  here: boolean;
  running: Download | undefined;
  pull: (tag: string) => void;
}) {
  const { tag, facts, isLatest } = line;
  return (
    <div className={classes.tag}>
      <div className={classes.tagName}>
        {here ? (
          <Link className="name upstream reach" to={pageOf("docker", name, tag)}>
            {tag}
          </Link>
        ) : (
          <span className="name upstream" title={tag}>
            {tag}
          </span>
        )}
        {isLatest && <Chip>{words.sameAsLatest}</Chip>}
        {running && <Bar percent={howFar(running)} label={texts.downloads.progress(tag)} height={4} />}
      </div>
      <span className={classes.tagFact}>{facts && age(facts.updated)}</span>
      <span className={classes.tagFact} title={facts?.platforms.join(", ")}>
        {facts && (facts.size === null ? words.notForThis : bytes(facts.size))}
      </span>
      {here ? (
        <Chip tone="accent" icon={<IconCheck size={13} aria-hidden />}>
          {words.installed}
        </Chip>
      ) : (
        <Tooltip label={words.download(tag)}>
          <ActionIcon
            variant="subtle"
            aria-label={words.download(tag)}
            disabled={running !== undefined}
            onClick={() => pull(tag)}
          >
            <IconDownload size={18} />
          </ActionIcon>
        </Tooltip>
      )}
    </div>
  );
}
