import { Button } from "@mantine/core";
import { useThisSystem } from "../../common/session";
import { parse, registryOf } from "../../format/names/reference";
import { texts } from "../../texts";
import classes from "./Discover.module.css";
import { type Offer, offerOfReference } from "./offer";

const words = texts.reference;
const EXAMPLES = ["ghcr.io/home-assistant/home-assistant:stable", "quay.io/prometheus/prometheus", "nginx:alpine"];

/** Any image of any registry: what is typed, taken as its name. */
export function ByReference({
  typed,
  setTyped,
  choose,
}: {
  typed: string;
  setTyped: (text: string) => void;
  choose: (offer: Offer) => void;
}) {
  const { platform } = useThisSystem();
  const { reference, problem } = parse(typed);
  const host = reference ? registryOf(reference.name) : null;
  return (
    <section className={`card ${classes.lookup}`} style={{ padding: 26 }}>
      <p className={classes.dim}>{words.hint}</p>
      {problem && words.problems[problem] && (
        <p role="alert" className={classes.wrong}>
          {words.problems[problem]}
        </p>
      )}
      {reference ? (
        <>
          <dl className={classes.parts}>
            <div>
              <dt>{words.registry}</dt>
              <dd className="upstream">{host ?? words.hub}</dd>
            </div>
            <div>
              <dt>{words.repository}</dt>
              <dd className="upstream">{host ? reference.name.slice(host.length + 1) : reference.name}</dd>
            </div>
            <div>
              <dt>{words.version}</dt>
              <dd className="upstream">{reference.tag}</dd>
            </div>
          </dl>
          <Button size="md" onClick={() => choose(offerOfReference(reference, platform))}>
            {words.action}
          </Button>
        </>
      ) : (
        <div className={classes.chips}>
          <span className={classes.dim}>{words.examples}</span>
          {EXAMPLES.map((example) => (
            <button
              key={example}
              type="button"
              className={`mono ${classes.category}`}
              onClick={() => setTyped(example)}
            >
              {example}
            </button>
          ))}
        </div>
      )}
    </section>
  );
}
