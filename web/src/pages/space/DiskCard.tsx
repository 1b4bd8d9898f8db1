import type { Space } from "../../api/schema";
import { Section } from "../../common/page/Section";
import { bytes } from "../../format/amounts";
import { usable } from "../../format/disk";
import { texts } from "../../texts";
import classes from "./Space.module.css";

const words = texts.space;

/** The disk as one bar: our images, everything else, free. */
export function DiskCard({ space }: { space: Space }) {
  const { used, total, reserve } = space;
  const free = usable(space);
  const parts = [
    { part: "used", name: words.used, size: used },
    { part: "other", name: words.other, size: Math.max(0, total - space.free - used) },
    { part: "reserve", name: words.kept, size: space.free - free },
    { part: "free", name: words.free, size: free },
  ].filter(({ part, size }) => part !== "reserve" || size > 0);
  return (
    <Section title={words.disk}>
      <div className={classes.disk} role="img" aria-label={words.diskLabel(bytes(used), bytes(free), bytes(total))}>
        {parts.map(({ part, size }) => (
          <span key={part} data-part={part} style={{ flex: `${size} 0 0` }} />
        ))}
      </div>
      <dl className={classes.key}>
        {parts.map(({ part, name, size }) => (
          <div key={part}>
            <dt>
              <i data-part={part} style={{ display: "inline-block", marginRight: 7 }} />
              {name}
            </dt>
            <dd>{bytes(size)}</dd>
          </div>
        ))}
      </dl>
      {reserve > 0 && <p className={classes.quiet}>{words.reserve(bytes(reserve))}</p>}
    </Section>
  );
}
