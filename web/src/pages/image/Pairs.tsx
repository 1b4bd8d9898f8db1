import { useState } from "react";
import { Section } from "../../common/page/Section";
import { oneLine } from "../../format/clean";
import { texts } from "../../texts";
import classes from "./Image.module.css";

const FEW = 6;
const MOST = 300;

/** Names and values, the first few at first. */
export function Pairs({ title, pairs }: { title: string; pairs: [string, string][] }) {
  const [all, setAll] = useState(false);
  return (
    <Section title={title}>
      <ul className={classes.pairs}>
        {pairs.slice(0, all ? MOST : FEW).map(([name, value]) => (
          <li key={name} className="mono upstream">
            <b>{oneLine(name, 200)}</b> {oneLine(String(value), 1000)}
          </li>
        ))}
      </ul>
      {!all && pairs.length > FEW && (
        <button type="button" className={classes.link} onClick={() => setAll(true)}>
          {texts.common.all(pairs.length)}
        </button>
      )}
    </Section>
  );
}
