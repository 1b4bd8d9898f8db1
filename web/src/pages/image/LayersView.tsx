import { useState } from "react";
import { Link } from "react-router";
import { useLayers } from "../../api/queries";
import type { Layers } from "../../api/schema";
import { Chip } from "../../common/marks/Chip";
import { Failure } from "../../common/notes/Failure";
import { Section } from "../../common/page/Section";
import { bytes } from "../../format/amounts";
import { oneLine } from "../../format/clean";
import { middle } from "../../format/names/middle";
import { parse, shortDigest } from "../../format/names/reference";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import { pageOf } from "../images/rows";
import { History } from "./History";
import classes from "./Image.module.css";

const words = texts.image;
const SHARERS = 6;

/** The image's layers by size, and who else uses them. */
export function LayersView({ name, tag }: { name: string; tag: string }) {
  const { data, error, refetch, isPending } = useLayers("docker", name, tag);
  if (isPending) return <PageLoading />;
  if (!data) return <Failure error={error} again={() => void refetch()} />;
  return (
    <div className={classes.columns}>
      <LayerList data={data} />
      <Section title={words.history} hint={words.historyHint}>
        <History steps={data.history} />
      </Section>
    </div>
  );
}

function LayerList({ data }: { data: Layers }) {
  const [lit, setLit] = useState(-1);
  const total = data.layers.reduce((sum, layer) => sum + layer.size, 0);
  const shared = data.layers
    .filter((layer) => layer.shared_with.length > 0)
    .reduce((sum, layer) => sum + layer.size, 0);
  return (
    <Section
      title={texts.common.layers(data.layers.length)}
      hint={total > 0 ? words.layersHint(total - shared, shared) : words.noLayers}
    >
      {total > 0 && (
        <>
          <div className={classes.stack} role="img" aria-label={words.layersBar}>
            {data.layers.map((layer, i) => (
              <span
                // biome-ignore lint/suspicious/noArrayIndexKey: the same layer may stand twice in an image
                key={i}
                data-shared={layer.shared_with.length > 0 || undefined}
                data-lit={lit === i || undefined}
                title={`${words.layer(i + 1)}: ${bytes(layer.size)}`}
                style={{ flex: `${layer.size} 0 0`, "--shade": i % 2 ? 0.72 : 1 } as React.CSSProperties}
              />
            ))}
          </div>
          <div className={classes.legend}>
            <span>
              <i />
              {words.own}
            </span>
            <span>
              <i data-shared />
              {words.shared}
            </span>
          </div>
        </>
      )}
      <ol className={classes.layers}>
        {data.layers.map((layer, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same layer may stand twice in an image
          <li key={i} className={classes.layer} onMouseEnter={() => setLit(i)} onMouseLeave={() => setLit(-1)}>
            <span>{i + 1}</span>
            <span className={`mono upstream ${classes.by}`} title={oneLine(layer.created_by, 1000)}>
              {oneLine(layer.created_by, 400) || shortDigest(layer.digest || layer.diff_id)}
            </span>
            <strong>{layer.size > 0 ? bytes(layer.size) : "–"}</strong>
            <span className={`mono ${classes.quiet}`}>{shortDigest(layer.digest || layer.diff_id)}</span>
            {layer.shared_with.length > 0 && <Sharers references={layer.shared_with} />}
          </li>
        ))}
      </ol>
    </Section>
  );
}

function Sharers({ references }: { references: string[] }) {
  return (
    <span className={classes.more}>
      <span className={classes.quiet}>{words.sharedWith}</span>
      {references.slice(0, SHARERS).map((text) => {
        const { reference } = parse(text);
        const words = middle(text, 80);
        return reference ? (
          <Link key={text} className="touch" to={pageOf("docker", reference.name, reference.tag)}>
            <Chip tone="amber">{words}</Chip>
          </Link>
        ) : (
          <Chip key={text} tone="amber">
            {words}
          </Chip>
        );
      })}
      {references.length > SHARERS && <Chip tone="line">{texts.images.moreTags(references.length - SHARERS)}</Chip>}
    </span>
  );
}
