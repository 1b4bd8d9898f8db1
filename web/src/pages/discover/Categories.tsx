import { useMore } from "../../common/useMore";
import { texts } from "../../texts";
import classes from "./Discover.module.css";

interface Props {
  /** The key of the chosen one; "" for all. */
  wanted: string;
  categories: readonly { key: string; name: string }[];
  choose: (key: string) => void;
}

/** A row of categories, of which one or all are shown. */
export function Categories({ wanted, categories, choose }: Props) {
  const row = useMore<HTMLFieldSetElement>();
  return (
    <fieldset className={`more ${classes.categories}`} style={{ border: 0 }} ref={row}>
      <legend className="unseen">{texts.discover.categories}</legend>
      {[{ key: "", name: texts.common.every }, ...categories].map(({ key, name }) => (
        <button
          key={key}
          type="button"
          className={`upstream ${classes.category}`}
          aria-pressed={wanted === key}
          onClick={() => choose(key)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}
