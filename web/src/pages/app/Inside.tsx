import { Link } from "react-router";
import { useInspect, useLocal } from "../../api/queries";
import { Section } from "../../common/Section";
import { bytes } from "../../format/amounts";
import { oneLine } from "../../format/clean";
import { texts } from "../../texts";
import type { Offer } from "../discover/offer";
import classes from "../image/Image.module.css";
import { pageOf, rowOf } from "../images/rows";

const words = texts.app;
const MOST = 40;

/** What of it is on this device, and what that says of its ports, volumes and licence: a registry tells those only to
 * who pulls. */
export function Inside({ offer, installed }: { offer: Offer; installed: string | null }) {
  const { data } = useLocal();
  const found = data?.results.find((one) => one.type === offer.type && one.name === offer.name);
  const tags = found ? rowOf(found).tags : [];
  return (
    <Section title={words.here}>
      {tags.length === 0 ? (
        <p className={classes.quiet}>{offer.type === "docker" ? words.notYetDocker : words.notYet}</p>
      ) : (
        <ul className={classes.pairs}>
          {tags.slice(0, MOST).map(({ tag, size }) => (
            <li key={tag}>
              <Link className="mono upstream" to={pageOf(offer.type, offer.name, tag)}>
                {tag}
              </Link>{" "}
              <span className={classes.quiet}>{bytes(size)}</span>
            </li>
          ))}
        </ul>
      )}
      {offer.type === "docker" && installed && <Declared name={offer.name} tag={installed} />}
    </Section>
  );
}

function Declared({ name, tag }: { name: string; tag: string }) {
  const { data } = useInspect("docker", name, tag);
  const config = data?.Config;
  const facts: [string, string][] = [
    [texts.image.facts.ports, Object.keys(config?.ExposedPorts ?? {}).join(", ")],
    [texts.image.facts.volumes, Object.keys(config?.Volumes ?? {}).join(", ")],
    [words.licence, String(config?.Labels?.["org.opencontainers.image.licenses"] ?? "")],
  ];
  return (
    <dl className={classes.facts}>
      {facts
        .filter(([, said]) => said !== "")
        .map(([fact, said]) => (
          <div key={fact} style={{ display: "contents" }}>
            <dt>{fact}</dt>
            <dd className="upstream">{oneLine(said, 400)}</dd>
          </div>
        ))}
    </dl>
  );
}
