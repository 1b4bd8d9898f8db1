import { Link } from "react-router";
import { useInspect, useLocal } from "../../api/queries";
import { localByName } from "../../api/rows";
import { Section } from "../../common/page/Section";
import { bytes } from "../../format/amounts";
import { oneLine } from "../../format/clean";
import { texts } from "../../texts";
import type { Offer } from "../discover/offer";
import { Fact } from "../image/Fact";
import classes from "../image/Image.module.css";
import { pageOf, rowOf } from "../images/rows";

const words = texts.app;
const { facts } = texts.image;
const MOST = 40;

/** What of it is on this device, with its ports, volumes and licence: a registry shows those only for a pull. */
export function Inside({ offer, installed }: { offer: Offer; installed: string | null }) {
  const { data: found } = useLocal((list) => localByName(list).get(`${offer.type}/${offer.name}`));
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
  return (
    <dl className={classes.facts}>
      <Fact name={facts.ports}>{oneLine(Object.keys(config?.ExposedPorts ?? {}).join(", "), 400)}</Fact>
      <Fact name={facts.volumes}>{oneLine(Object.keys(config?.Volumes ?? {}).join(", "), 400)}</Fact>
      <Fact name={words.licence}>
        {oneLine(String(config?.Labels?.["org.opencontainers.image.licenses"] ?? ""), 400)}
      </Fact>
    </dl>
  );
}
