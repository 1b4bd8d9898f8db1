import { type ReactNode, useEffect } from "react";
import classes from "./PageHead.module.css";
import { titlePage } from "./title";

/** The title of a page, in the window's title too. */
export function PageHead({ title, hint, children }: { title: string; hint?: ReactNode; children?: ReactNode }) {
  useEffect(() => {
    titlePage(title);
  }, [title]);
  return (
    <header className={classes.head}>
      <div className={classes.words}>
        <h1>{title}</h1>
        {hint && <p>{hint}</p>}
      </div>
      {children && <div className={classes.actions}>{children}</div>}
    </header>
  );
}
