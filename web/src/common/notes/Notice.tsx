import type { ReactNode } from "react";
import classes from "./Notice.module.css";

/** Fills the place of what is not there, and says what to do next. */
export function Notice({
  icon,
  title,
  hint,
  bad = false,
  level = 2,
  children,
}: {
  icon: ReactNode;
  title: string;
  hint: string;
  bad?: boolean;
  /** 1 where it is all that the page shows. */
  level?: 1 | 2;
  children?: ReactNode;
}) {
  const Heading = level === 1 ? "h1" : "h2";
  return (
    <div className={classes.notice} role={bad ? "alert" : undefined}>
      <span className={classes.mark} data-bad={bad || undefined} aria-hidden="true">
        {icon}
      </span>
      <Heading className="upstream">{title}</Heading>
      <p className="upstream">{hint}</p>
      {children}
    </div>
  );
}
