import type { ReactNode } from "react";
import type { Inspect } from "../../api/rows";
import type { ImageType } from "../../api/schema";
import { Chip } from "../../common/marks/Chip";
import { Section } from "../../common/page/Section";
import { bytes } from "../../format/amounts";
import { oneLine } from "../../format/clean";
import type { Reference } from "../../format/names/reference";
import { platformOf } from "../../format/platform";
import { moment } from "../../format/time";
import { texts } from "../../texts";
import { Fact } from "./Fact";
import classes from "./Image.module.css";
import { Pairs } from "./Pairs";
import { RunCard } from "./run/RunCard";

const words = texts.image.facts;

/** What the image says of itself, for people. */
export function Overview({ type, reference, inspect }: { type: ImageType; reference: Reference; inspect: Inspect }) {
  const config = inspect.Config ?? {};
  const environment = (config.Env ?? []).map((line): [string, string] => {
    const at = line.indexOf("=");
    return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
  });
  const labels = Object.entries(config.Labels ?? {});
  const properties = Object.entries(inspect.Properties ?? {});
  return (
    <div className={classes.columns}>
      <div className={classes.side}>
        <Section title={texts.image.tabs.overview}>
          <dl className={classes.facts}>
            {type === "docker" && (
              <>
                <Fact name={words.entrypoint}>{commandOf(config.Entrypoint)}</Fact>
                <Fact name={words.command}>{commandOf(config.Cmd)}</Fact>
                <Fact name={words.ports}>{chips(Object.keys(config.ExposedPorts ?? {}))}</Fact>
                <Fact name={words.volumes}>{chips(Object.keys(config.Volumes ?? {}))}</Fact>
                <Fact name={words.user}>
                  {config.User ? <Chip>{oneLine(config.User, 80)}</Chip> : words.userDefault}
                </Fact>
                <Fact name={words.workdir}>{config.WorkingDir && <Mono text={config.WorkingDir} />}</Fact>
                <Fact name={words.stop}>{config.StopSignal}</Fact>
              </>
            )}
            <Fact name={words.author}>{inspect.Author && oneLine(inspect.Author, 200)}</Fact>
            <Fact name={words.created}>{inspect.Created && moment(inspect.Created)}</Fact>
            <Fact name={words.platform}>{platformOf(type, inspect)}</Fact>
            <Fact name={words.size}>{bytes(inspect.Size)}</Fact>
            {type === "lxc" && <Fact name={words.verified}>{inspect.verified === false ? words.no : words.yes}</Fact>}
            <Fact name={words.fingerprint}>{inspect.Fingerprint && <Mono text={inspect.Fingerprint} />}</Fact>
            <Fact name={words.digest}>
              {inspect.RepoDigests?.[0] && <Mono text={inspect.RepoDigests[0].replace(/^.*@/, "")} />}
            </Fact>
            <Fact name={words.id}>{type === "docker" && inspect.Id && <Mono text={inspect.Id} />}</Fact>
          </dl>
        </Section>
      </div>
      <div className={classes.side}>
        <RunCard type={type} reference={reference} inspect={inspect} />
        {environment.length > 0 && <Pairs title={words.env} pairs={environment} />}
        {labels.length > 0 && <Pairs title={words.labels} pairs={labels} />}
        {properties.length > 0 && <Pairs title={words.properties} pairs={properties} />}
      </div>
    </div>
  );
}

function Mono({ text }: { text: string }) {
  return <span className="mono upstream">{oneLine(text, 600)}</span>;
}

function commandOf(parts: string[] | null | undefined): ReactNode {
  return parts && parts.length > 0 ? <Mono text={parts.join(" ")} /> : null;
}

function chips(values: string[]): ReactNode {
  if (values.length === 0) return null;
  return (
    <ul className={classes.values}>
      {values.slice(0, 40).map((value) => (
        <li key={value}>
          <Chip>{oneLine(value, 120)}</Chip>
        </li>
      ))}
    </ul>
  );
}
