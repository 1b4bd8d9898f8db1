import type { ReactNode } from "react";
import classes from "./Callout.module.css";

/** A sentence that stands out: good news, a warning, a failure. */
export function Callout({
  tone,
  icon,
  role,
  children,
}: {
  tone: "accent" | "amber" | "red";
  icon?: ReactNode;
  role?: "note" | "status";
  children: ReactNode;
}) {
  return (
    <p className={classes.callout} data-tone={tone} role={role}>
      {icon}
      <span className="upstream">{children}</span>
    </p>
  );
}
