import { IconHistory } from "@tabler/icons-react";
import { Chip } from "../../../common/marks/Chip";
import { texts } from "../../../texts";
import classes from "../Discover.module.css";

/** How many there are, and whether that is old news. */
export function Count({ many, stale }: { many: number; stale: boolean }) {
  return (
    <div className={classes.count}>
      <span role="status">{texts.discover.found(many)}</span>
      {stale && (
        <Chip tone="amber" icon={<IconHistory size={13} aria-hidden />}>
          {texts.discover.stale}
        </Chip>
      )}
    </div>
  );
}
