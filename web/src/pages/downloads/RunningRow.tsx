import { ActionIcon, Tooltip } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { memo, useState } from "react";
import { useStop } from "../../api/actions";
import type { Download } from "../../api/schema";
import { Bar } from "../../common/Bar";
import { ImageTile } from "../../common/ImageTile";
import { useIsMember } from "../../common/session";
import { store } from "../../downloads/hooks";
import { howFar } from "../../downloads/progress";
import { Sparkline } from "../../downloads/Sparkline";
import { shownName } from "../../downloads/store";
import { bytes, rate } from "../../format/amounts";
import { oneLine } from "../../format/clean";
import { duration, timeOfDay } from "../../format/time";
import { texts } from "../../texts";
import classes from "./Downloads.module.css";
import { LayerRows } from "./LayerRows";

const words = texts.downloads;

/** One download on its way. */
export const RunningRow = memo(function RunningRow({ row }: { row: Download }) {
  const [open, setOpen] = useState(false);
  const stop = useStop();
  const member = useIsMember();
  const name = shownName(row);
  const percent = howFar(row);
  const moving = row.status === "downloading";
  const state = [
    words.statuses[row.status],
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
          <b className="clip upstream" title={name}>
            {name}
          </b>
          <span className={classes.state}>{state.filter(Boolean).join(" · ")}</span>
        </div>
        {moving && (
          <div className={classes.figures}>
            <div className={classes.plot}>
              <Sparkline speeds={store.speedsOf(row.id)} label={words.speed(rate(row.rate))} />
            </div>
            <span className={classes.speed}>{rate(row.rate)}</span>
          </div>
        )}
        <span className={classes.percent}>{percent === null ? "" : `${Math.floor(percent)}%`}</span>
        <Tooltip label={texts.common.cancel}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={words.cancel(name)}
            disabled={!member}
            loading={stop.isPending}
            onClick={() => stop.mutate({ download: row, forget: false })}
          >
            <IconX size={19} />
          </ActionIcon>
        </Tooltip>
      </div>
      <Bar percent={percent} label={words.progress(name)} height={8} />
      {row.error && <span className={`upstream ${classes.warning}`}>{oneLine(row.error, 400)}</span>}
      {row.warning && <span className={`upstream ${classes.warning}`}>{oneLine(row.warning, 400)}</span>}
      {row.layers.length > 0 && (
        <button type="button" className={classes.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? words.hideLayers : words.showLayers}
        </button>
      )}
      {open && <LayerRows layers={row.layers} />}
    </li>
  );
});
