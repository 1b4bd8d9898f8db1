import type { ReactNode } from "react";
import classes from "./Downloads.module.css";

/** A part of the page with its heading, what can be done with all of it, and its rows. */
export function Part({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <div className={classes.head}>
        <h2>{title}</h2>
        {action}
      </div>
      <ul className={classes.list}>{children}</ul>
    </section>
  );
}
