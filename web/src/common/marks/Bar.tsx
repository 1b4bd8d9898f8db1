import classes from "./Bar.module.css";

/** A progress bar; `percent` null means that the total is not known yet. */
export function Bar({
  percent,
  label,
  tone = "accent",
  height = 6,
}: {
  percent: number | null;
  label: string;
  tone?: "accent" | "amber" | "red";
  height?: number;
}) {
  return (
    <div
      className={classes.bar}
      data-tone={tone}
      data-unknown={percent === null || undefined}
      style={{ "--height": `${height}px` } as React.CSSProperties}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent === null ? undefined : Math.round(percent)}
    >
      <div className={classes.fill} style={percent === null ? undefined : { transform: `scaleX(${percent / 100})` }} />
    </div>
  );
}
