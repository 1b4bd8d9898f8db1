import type { Inspect } from "../../api/rows";
import { Code } from "../../common/code/Code";
import { Words } from "../../common/code/Words";
import { Section } from "../../common/page/Section";
import { texts } from "../../texts";

export function RawView({ inspect }: { inspect: Inspect }) {
  return (
    <Section title={texts.image.tabs.json} hint={<Words>{texts.image.json}</Words>}>
      <Code text={JSON.stringify(inspect, null, 2)} label={texts.image.tabs.json} tallest="70vh" />
    </Section>
  );
}
