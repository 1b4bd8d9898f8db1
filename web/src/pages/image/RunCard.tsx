import { useLxcFiles } from "../../api/queries";
import type { Inspect } from "../../api/rows";
import type { ImageType } from "../../api/schema";
import { Code } from "../../common/Code";
import { Section } from "../../common/Section";
import { useThisSystem } from "../../common/session";
import type { Reference } from "../../format/reference";
import { texts } from "../../texts";
import classes from "./Image.module.css";
import { dockerRun, lxcLines } from "./run";

/** The line that starts a container of this image. */
export function RunCard({ type, reference, inspect }: { type: ImageType; reference: Reference; inspect: Inspect }) {
  const { stores, is_admin } = useThisSystem();
  const kind = stores.find((store) => store.type === type)?.kind ?? "embedded";
  const files = useLxcFiles(reference.name, reference.tag, type === "lxc" && kind === "embedded" && is_admin);
  const line = type === "docker" ? dockerRun(reference, inspect) : lxcLines(reference.name, kind, files.data);
  return (
    <Section title={texts.image.run} hint={texts.image.runHint[type]}>
      <Code text={line} label={texts.image.run} />
      {type === "docker" && kind === "embedded" && <p className={classes.quiet}>{texts.image.runEmbedded}</p>}
    </Section>
  );
}
