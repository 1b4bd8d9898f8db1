import { useTagDetails, useTags } from "../../api/queries";
import { Section } from "../../common/page/Section";
import { useIsMember } from "../../common/session";
import { bytes } from "../../format/amounts";
import { registryOf } from "../../format/names/reference";
import { age } from "../../format/time";
import { texts } from "../../texts";
import type { Offer } from "../discover/offer";
import classes from "../image/Image.module.css";

const FEW = 12;

/** Its newest tags; all of them are in the dialog that a tag opens. */
export function AppTags({ offer, choose }: { offer: Offer; choose: (tag: string) => void }) {
  const member = useIsMember();
  const { data, error } = useTags(offer.name, member);
  const { byTag } = useTagDetails(offer.name, member && registryOf(offer.name) === null);
  const tags = (data?.groups ?? []).flatMap((group) => group.tags);
  return (
    <Section title={texts.image.tabs.tags} hint={data ? texts.common.tags(tags.length) : undefined}>
      {error && <p className={classes.quiet}>{texts.get.noTags}</p>}
      <ul className={classes.pairs}>
        {tags.slice(0, FEW).map((tag) => {
          const known = byTag.get(tag);
          const said = [known?.size ? bytes(known.size) : "", known?.updated ? age(known.updated) : ""];
          return (
            <li key={tag}>
              <button type="button" className={`mono upstream ${classes.link}`} onClick={() => choose(tag)}>
                {tag}
              </button>{" "}
              <span className={classes.quiet}>{said.filter(Boolean).join(" · ")}</span>
            </li>
          );
        })}
      </ul>
      {tags.length > FEW && (
        <button type="button" className={classes.link} onClick={() => choose(offer.tag)}>
          {texts.common.all(tags.length)}
        </button>
      )}
    </Section>
  );
}
