import type { Speeds } from "../store";
import { plot } from "./plot";
import classes from "./Sparkline.module.css";

/** The speed of the last minute. */
export function Sparkline({ speeds, label }: { speeds: Speeds; label: string }) {
  const drawn = plot(speeds);
  return (
    <svg className={classes.plot} viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label={label}>
      {drawn && <path className={classes.area} d={drawn.area} />}
      {drawn && <path className={classes.line} d={drawn.line} />}
    </svg>
  );
}
