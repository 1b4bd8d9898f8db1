import type { Layers } from "../../api/schema";
import { oneLine } from "../../format/clean";
import { age } from "../../format/time";
import { texts } from "../../texts";
import classes from "./Image.module.css";

const MOST = 200;

export function History({ steps }: { steps: Layers["history"] }) {
  if (steps.length === 0) return <p className={classes.quiet}>{texts.common.none}</p>;
  return (
    <ol className={classes.steps}>
      {steps.slice(0, MOST).map((step, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps repeat and never move
        <li key={i}>
          <span className="mono upstream">{oneLine(step.created_by || step.comment, 500) || "–"}</span>
          <span className={classes.quiet}>
            {[age(step.created), step.empty_layer && texts.image.noLayer].filter(Boolean).join(" · ")}
          </span>
        </li>
      ))}
    </ol>
  );
}
