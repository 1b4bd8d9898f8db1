import { IconEye } from "@tabler/icons-react";
import { texts } from "../../texts";
import { useIsMember } from "../session";
import { Callout } from "./Callout";
import classes from "./ViewerNote.module.css";

/** Says once, and first, why nothing can be done here. */
export function ViewerNote() {
  if (useIsMember()) return null;
  return (
    <div className={classes.note}>
      <Callout tone="amber" role="note" icon={<IconEye size={19} aria-hidden />}>
        {texts.common.viewer}
      </Callout>
    </div>
  );
}
