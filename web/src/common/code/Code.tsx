import classes from "./Code.module.css";
import { CopyButton } from "./CopyButton";

/** Text to be read and copied as it is. */
export function Code({ text, label, tallest }: { text: string; label: string; tallest?: string }) {
  return (
    <div className={classes.code} style={tallest ? ({ "--tallest": tallest } as React.CSSProperties) : undefined}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <pre tabIndex={0} aria-label={label} role="region" className="upstream">
        {text}
      </pre>
      <CopyButton text={text} />
    </div>
  );
}
