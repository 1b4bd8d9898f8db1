import type { ReactNode } from "react";
import classes from "./Settings.module.css";

/** The rows of a section; a sentence in their place while there are none. */
export function Rows({ empty, children }: { empty: string; children: ReactNode[] }) {
  if (children.length === 0) return <p className={classes.quiet}>{empty}</p>;
  return <ul className={classes.list}>{children}</ul>;
}
