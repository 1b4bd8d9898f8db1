import type { ReactNode } from "react";
import classes from "./Chip.module.css";

export type Tone = "plain" | "accent" | "amber" | "red" | "blue" | "plum" | "line";

export function Chip({
  tone = "plain",
  icon,
  title,
  children,
}: {
  tone?: Tone;
  icon?: ReactNode;
  title?: string;
  children: ReactNode;
}) {
  return (
    <span className={classes.chip} data-tone={tone} title={title}>
      {icon}
      <span className="upstream">{children}</span>
    </span>
  );
}
