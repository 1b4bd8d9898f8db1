import { useEffect, useRef } from "react";
import { client, useMirrorFetches } from "../../api/queries";
import type { MirrorFetch } from "../../api/schema";
import { Bar } from "../../common/marks/Bar";
import { ImageTile } from "../../common/marks/ImageTile";
import { Section } from "../../common/page/Section";
import { bytes, percent } from "../../format/amounts";
import { texts } from "../../texts";
import { anyEnded } from "./ended";
import classes from "./Mirror.module.css";

const words = texts.mirror;
const MOST = 100;
const NOTHING: readonly MirrorFetch[] = [];

/** What is on its way for other machines; nothing at all while there is none. */
export function Fetches() {
  const { data = NOTHING } = useMirrorFetches();
  const before = useRef(data);
  useEffect(() => {
    // What has come is cached now.
    if (anyEnded(before.current, data))
      for (const key of ["mirror", "mirror-images"]) void client.invalidateQueries({ queryKey: [key] });
    before.current = data;
  }, [data]);
  if (data.length === 0) return null;
  return (
    <Section title={words.fetches} hint={words.fetchesHint}>
      <ul className={classes.images} aria-label={words.fetches}>
        {data.slice(0, MOST).map((fetch) => (
          <Fetch key={fetch.name} fetch={fetch} />
        ))}
      </ul>
    </Section>
  );
}

function Fetch({ fetch }: { fetch: MirrorFetch }) {
  const { name, total, waiting, clients, layers } = fetch;
  const whom =
    clients.length > 0 ? words.fetchFor(clients) : waiting > 0 ? words.fetchWaiting(waiting) : words.fetchForNone;
  const done = total === null ? bytes(fetch.bytes) : texts.downloads.of(bytes(fetch.bytes), bytes(total));
  return (
    <li className={classes.image}>
      <ImageTile name={name} />
      <div className={classes.words}>
        <strong className="name upstream" title={name}>
          {name}
        </strong>
        <span className={classes.quiet}>{[words.fetchLayers(layers.length), done, whom].join(" · ")}</span>
      </div>
      <div className={classes.fetched}>
        <Bar percent={total === null ? null : percent(fetch.bytes, total)} label={words.fetchOf(name)} />
      </div>
    </li>
  );
}
