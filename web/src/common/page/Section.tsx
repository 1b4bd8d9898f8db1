import type { ReactNode } from "react";
import classes from "./Section.module.css";

/** A titled card. */
export function Section({
  title,
  hint,
  action,
  children,
}: {
  title: string;
  hint?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className={`card ${classes.section}`}>
      <header>
        <h2>{title}</h2>
        {action}
        {hint && <p>{hint}</p>}
      </header>
      {children}
    </section>
  );
}
