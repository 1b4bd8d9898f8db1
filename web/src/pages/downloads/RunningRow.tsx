import { IconChevronDown } from "@tabler/icons-react";
import { memo, useState } from "react";
import { inWords } from "../../api/client";
import type { Download } from "../../api/schema";
import { Bar } from "../../common/marks/Bar";
import { ImageTile } from "../../common/marks/ImageTile";
import { useNarrow } from "../../common/useNarrow";
import { store } from "../../downloads/hooks";
import { howFar } from "../../downloads/progress";
import { useRowName } from "../../downloads/rowName";
import { Sparkline } from "../../downloads/speed/Sparkline";
import { shownName } from "../../downloads/store";
import { bytes, rate } from "../../format/amounts";
import { duration, timeOfDay } from "../../format/time";
import { texts } from "../../texts";
import { CancelButton } from "./CancelButton";
import classes from "./Downloads.module.css";
import { LayerRows } from "./LayerRows";
import { Sentence } from "./Sentence";

const words = texts.downloads;

/** One download on its way. */
export const RunningRow = memo(function RunningRow({ row }: { row: Download }) {
  const [open, setOpen] = useState(false);
  const name = shownName(row);
  const narrow = useNarrow();
  const written = useRowName(name, row.error ?? row.warning);
  const percent = howFar(row);
  const moving = row.status === "downloading";
  const far = percent === null ? null : `${Math.floor(percent)}%`;
  const state = [
    // A phone has no room for figures of their own.
    narrow && moving && far ? far : words.statuses[row.status],
    narrow && moving && row.rate !== null ? rate(row.rate) : null,
    row.install_total
      ? words.of(bytes(row.installed_bytes ?? 0), bytes(row.install_total))
      : row.total !== null
        ? words.of(bytes(row.bytes), bytes(row.total))
        : row.bytes > 0
          ? bytes(row.bytes)
          : null,
    row.waiting_since !== null ? words.silentSince(timeOfDay(row.waiting_since)) : null,
    row.eta !== null && moving && row.waiting_since === null ? words.left(duration(row.eta)) : null,
    row.platform,
  ];
  return (
    <li className={`card ${classes.item}`}>
      <div className={classes.line}>
        <ImageTile name={row.name} size={40} />
        <div className={classes.words}>
          <b className={`upstream ${classes.name}`} title={name}>
            {written}
          </b>
          <span className={classes.state}>{state.filter(Boolean).join(" · ")}</span>
        </div>
        {moving && !narrow && (
          <div className={classes.figures}>
            <div className={classes.plot}>
              <Sparkline speeds={store.speedsOf(row.id)} label={words.speed(rate(row.rate))} />
            </div>
            <span className={classes.speed}>{rate(row.rate)}</span>
          </div>
        )}
        {!narrow && <span className={classes.percent}>{far}</span>}
        <CancelButton row={row} />
      </div>
      <Bar percent={percent} label={words.progress(name)} height={8} />
      {row.error && <Sentence tone={classes.warning}>{inWords(row.reason, row.error)}</Sentence>}
      {row.warning && <Sentence tone={classes.warning}>{row.warning}</Sentence>}
      {row.layers.length > 0 && (
        <button type="button" className={classes.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
          <IconChevronDown size={18} aria-hidden />
          <span>{open ? words.hideLayers : words.showLayers}</span>
        </button>
      )}
      {open && <LayerRows layers={row.layers} />}
    </li>
  );
});
