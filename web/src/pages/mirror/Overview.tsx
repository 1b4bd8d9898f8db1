import { Button } from "@mantine/core";
import { IconArrowsExchange } from "@tabler/icons-react";
import { Link } from "react-router";
import { useMirror } from "../../api/queries";
import type { Mirror } from "../../api/schema";
import { Bar } from "../../common/marks/Bar";
import { Chip } from "../../common/marks/Chip";
import { Callout } from "../../common/notes/Callout";
import { Failure } from "../../common/notes/Failure";
import { Notice } from "../../common/notes/Notice";
import { Section } from "../../common/page/Section";
import { bytes, percent } from "../../format/amounts";
import { oneLine } from "../../format/clean";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import { CachedImages } from "./CachedImages";
import { Fetches } from "./Fetches";
import classes from "./Mirror.module.css";

const words = texts.mirror;

/** Figures, the cache, and the registries behind it. */
export function Overview() {
  const { data, error, refetch, isPending } = useMirror();
  if (isPending) return <PageLoading />;
  if (!data) return <Failure error={error} again={() => void refetch()} />;
  const quiet = data.hits + data.misses === 0 && data.used === 0;
  return (
    <div className={classes.page}>
      {data.limit === 0 && (
        <Callout tone="amber" role="note">
          {words.off}
        </Callout>
      )}
      <Fetches />
      {quiet ? (
        <div className="card">
          <Notice icon={<IconArrowsExchange size={30} />} title={words.empty} hint={words.emptyHint}>
            <Button component={Link} to="/mirror/machines">
              {words.setUp}
            </Button>
          </Notice>
        </div>
      ) : (
        <>
          <Figures mirror={data} />
          <CachedImages />
        </>
      )}
      <Upstreams upstreams={data.upstreams} />
    </div>
  );
}

function Figures({ mirror }: { mirror: Mirror }) {
  const { hits, misses, from_upstream, to_clients, used, limit } = mirror;
  const figures = [
    {
      name: words.served,
      value: `${Math.floor(percent(hits, hits + misses))} %`,
      hint: words.servedHint(hits + misses, misses),
    },
    { name: words.saved, value: bytes(Math.max(0, to_clients - from_upstream)), hint: words.savedHint },
    { name: words.toClients, value: bytes(to_clients), hint: words.toClientsHint },
    { name: words.fromUpstream, value: bytes(from_upstream), hint: words.fromUpstreamHint },
  ];
  return (
    <section aria-label={words.figures} className={classes.figures}>
      <dl>
        {figures.map(({ name, value, hint }) => (
          <div key={name} className={`card ${classes.figure}`}>
            <dt>{name}</dt>
            <dd>
              <b>{value}</b>
              <span>{hint}</span>
            </dd>
          </div>
        ))}
      </dl>
      <div className={`card ${classes.cache}`}>
        <h2>{words.space}</h2>
        <b>{words.spaceUsed(used, limit)}</b>
        <Bar percent={percent(used, limit)} label={words.space} />
        <p className={classes.quiet}>{words.spaceHint}</p>
      </div>
    </section>
  );
}

function Upstreams({ upstreams }: { upstreams: Mirror["upstreams"] }) {
  // Those in trouble first; the others keep their order.
  const ordered = [...upstreams].sort((a, b) => Number(!a.last_error) - Number(!b.last_error));
  return (
    <Section title={words.upstreams} hint={words.upstreamsHint}>
      <ul className={classes.upstreams}>
        {ordered.map(({ host, alias, last_error }) => (
          <li key={alias} data-bad={last_error ? true : undefined}>
            <span className="upstream">
              {host}
              {alias !== host && <Chip tone="line">{words.upstreamAlias(alias)}</Chip>}
            </span>
            {last_error && <span className={`upstream ${classes.bad}`}>{oneLine(last_error, 300)}</span>}
          </li>
        ))}
      </ul>
    </Section>
  );
}
