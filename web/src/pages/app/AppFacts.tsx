import { IconExternalLink } from "@tabler/icons-react";
import { useDetails, usePlatforms, useTagDetails } from "../../api/queries";
import { Section } from "../../common/page/Section";
import { useIsMember } from "../../common/session";
import { bytes, compact } from "../../format/amounts";
import { oneLine } from "../../format/clean";
import { registryOf } from "../../format/names/reference";
import { age } from "../../format/time";
import { texts } from "../../texts";
import type { Offer } from "../discover/offer";
import { Fact } from "../image/Fact";
import classes from "../image/Image.module.css";

const words = texts.app;

/** What its catalog and Docker Hub say of it, mostly without a pull. */
export function AppFacts({ offer, reference }: { offer: Offer; reference: string }) {
  const member = useIsMember();
  const docker = offer.type === "docker";
  const onHub = docker && member && registryOf(offer.name) === null;
  const details = useDetails(offer.name, onHub);
  const { byTag, settled } = useTagDetails(offer.name, onHub);
  const mine = byTag.get(offer.tag);
  // The registry counts this one as a pull: only for what Docker Hub does not list.
  const known = usePlatforms(offer.from, offer.type, offer.name, offer.tag, docker && member && settled && !mine);
  const platforms =
    mine?.platforms ?? known.data?.platforms ?? offer.arches.map((architecture) => `linux/${architecture}`);
  const size = mine?.size ?? offer.size;
  const pulls = details.data?.pull_count ?? offer.pulls;
  const stars = details.data?.star_count ?? offer.stars;
  const hub = onHub ? details.data?.location : undefined;
  return (
    <Section title={words.about}>
      {(offer.description || details.data?.description) && (
        <p className="upstream">{oneLine(offer.description || details.data?.description || "", 2000)}</p>
      )}
      <dl className={classes.facts}>
        <Fact name={words.name}>
          <span className="mono">{oneLine(reference, 400)}</span>
        </Fact>
        <Fact name={words.size}>{size ? bytes(size) : null}</Fact>
        <Fact name={words.platforms}>{platforms.length > 0 && oneLine(platforms.join(", "), 400)}</Fact>
        <Fact name={words.updated}>{mine?.updated && age(mine.updated)}</Fact>
        <Fact name={words.pulls}>{pulls ? compact(pulls) : null}</Fact>
        <Fact name={words.stars}>{stars ? compact(stars) : null}</Fact>
        <Fact name={words.project}>{isPage(offer.location) && <Away to={offer.location} />}</Fact>
        <Fact name={words.hub}>{hub && hub !== offer.location && isPage(hub) && <Away to={hub} />}</Fact>
      </dl>
    </Section>
  );
}

/** A catalog may name a file in place of a page. */
export function isPage(address: string): boolean {
  return /^https?:\/\/[^\s]+$/.test(address) && !/\.(?:tar|tgz|txz|squashfs|img|qcow2|iso)(?:\.\w+)?$/i.test(address);
}

function Away({ to }: { to: string }) {
  return (
    <a href={to} target="_blank" rel="noopener noreferrer">
      {oneLine(to.replace(/^https?:\/\//, ""), 120)} <IconExternalLink size={14} aria-hidden />
    </a>
  );
}
