import type { ReactNode } from "react";
import classes from "./Notice.module.css";

/** Fills the place of what is not there, and says what to do next. */
export function Notice({
  icon,
  title,
  hint,
  bad = false,
  children,
}: {
  icon: ReactNode;
  title: string;
  hint: string;
  bad?: boolean;
  children?: ReactNode;
}) {
  return (
    <div className={classes.notice} role={bad ? "alert" : undefined}>
      <span className={classes.mark} data-bad={bad || undefined} aria-hidden="true">
        {icon}
      </span>
      <h2 className="upstream">{title}</h2>
      <p className="upstream">{hint}</p>
      {children}
    </div>
  );
}
