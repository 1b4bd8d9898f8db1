import { useEffect } from "react";
import { titleProgress } from "../../common/page/title";
import { useRunning } from "../../downloads/hooks";
import { overall } from "../../downloads/progress";

/** Shows in the window's title how far all downloads are together. */
export function TitleProgress() {
  const percent = overall(useRunning());
  const shown = percent === null ? null : Math.floor(percent);
  useEffect(() => titleProgress(shown), [shown]);
  useEffect(() => () => titleProgress(null), []);
  return null;
}
