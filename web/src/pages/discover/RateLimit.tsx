import { Tooltip } from "@mantine/core";
import { useLimits } from "../../api/queries";
import { Bar } from "../../common/marks/Bar";
import { percent } from "../../format/amounts";
import { moment } from "../../format/time";
import { texts } from "../../texts";
import classes from "./Discover.module.css";

/** How many pulls Docker Hub still allows; nothing before it has said so. */
export function RateLimit() {
  const { data } = useLimits();
  if (!data || data.limit === null || data.remaining === null) return null;
  const words = texts.discover.limit(data.remaining, data.limit);
  const left = percent(data.remaining, data.limit);
  return (
    <Tooltip label={texts.discover.limitHint(data.resets && moment(data.resets))}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: its tooltip must be reachable by keyboard */}
      <span className={classes.limit} tabIndex={0} role="note">
        {words}
        <Bar percent={left} label={words} tone={left < 15 ? "red" : left < 40 ? "amber" : "accent"} />
      </span>
    </Tooltip>
  );
}
