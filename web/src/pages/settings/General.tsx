import { address } from "../../api/client";
import { useSettings } from "../../api/queries";
import { Failure } from "../../common/notes/Failure";
import { Section } from "../../common/page/Section";
import { useThisSystem } from "../../common/session";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import { grouped } from "./groups";
import { SettingRow } from "./SettingRow";
import classes from "./Settings.module.css";

const words = texts.settings;

/** All settings but those that have a section of their own; what flag or environment sets is read-only. */
export function General() {
  const { data, error, refetch, isPending } = useSettings();
  if (isPending) return <PageLoading />;
  if (!data) return <Failure error={error} again={() => void refetch()} />;
  return (
    <>
      {grouped(data).map(([group, settings]) => (
        <Section key={group} title={words.groups[group]} hint={words.groupHints[group]}>
          <ul className={classes.list}>
            {settings.map((setting) => (
              <SettingRow key={setting.name} setting={setting} />
            ))}
          </ul>
        </Section>
      ))}
      <About />
    </>
  );
}

function About() {
  const { version, platform } = useThisSystem();
  return (
    <Section title={words.about}>
      <dl className={classes.facts}>
        <dt>{words.version}</dt>
        <dd>
          {texts.product} {version}
        </dd>
        <dt>{words.platform}</dt>
        <dd className="upstream">{platform}</dd>
        <dt>{words.api}</dt>
        <dd>
          <a href={address("/docs")} target="_blank" rel="noopener">
            {words.apiDocs}
          </a>
        </dd>
      </dl>
    </Section>
  );
}
