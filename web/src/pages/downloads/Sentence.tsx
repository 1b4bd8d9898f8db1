import { useState } from "react";
import { useNarrow } from "../../common/useNarrow";
import { oneLine } from "../../format/clean";
import classes from "./Downloads.module.css";

/** Why a download failed, or what was wrong with it; on a phone two lines of it, and the rest with a tap. */
export function Sentence({ tone, children }: { tone: string | undefined; children: string }) {
  const narrow = useNarrow();
  const [whole, setWhole] = useState(false);
  const words = oneLine(children, 600);
  if (!narrow) return <span className={`upstream ${tone}`}>{words}</span>;
  return (
    <button
      type="button"
      className={`upstream ${classes.sentence} ${tone}`}
      aria-expanded={whole}
      onClick={() => setWhole(!whole)}
    >
      <span>{words}</span>
    </button>
  );
}
