import type { DownloadLayer } from "../../api/schema";
import { Bar } from "../../common/marks/Bar";
import { bytes, percent } from "../../format/amounts";
import { shortDigest } from "../../format/names/reference";
import { texts } from "../../texts";
import classes from "./Downloads.module.css";

const MOST = 150;

export function LayerRows({ layers }: { layers: readonly DownloadLayer[] }) {
  return (
    <ul className={classes.layers}>
      {layers.slice(0, MOST).map((layer, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same layer may stand twice in an image
        <li key={i} className={classes.layer}>
          <span className="mono clip">{shortDigest(layer.digest)}</span>
          <Bar percent={filled(layer)} label={texts.downloads.progress(shortDigest(layer.digest))} height={5} />
          <span>{state(layer)}</span>
        </li>
      ))}
    </ul>
  );
}

function filled(layer: DownloadLayer): number | null {
  if (layer.status === "done" || layer.status === "shared") return 100;
  if (layer.size === null) return layer.status === "waiting" ? 0 : null;
  return percent(layer.bytes, layer.size);
}

function state(layer: DownloadLayer): string {
  if (layer.status === "downloading" && layer.size !== null)
    return texts.downloads.of(bytes(layer.bytes), bytes(layer.size));
  const size = layer.size === null ? "" : `${bytes(layer.size)} · `;
  return `${size}${texts.downloads.layerStatuses[layer.status]}`;
}
