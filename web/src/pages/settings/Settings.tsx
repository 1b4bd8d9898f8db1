import { useParams } from "react-router";
import { PageHead } from "../../common/page/PageHead";
import { TabLinks } from "../../common/page/TabLinks";
import { useIsAdmin } from "../../common/session";
import { Lost } from "../../shell/Lost";
import { texts } from "../../texts";
import { Audit } from "../audit/Audit";
import { Catalogs } from "./catalogs/Catalogs";
import { Channels } from "./channels/Channels";
import { General } from "./General";
import { Registries } from "./registries/Registries";
import classes from "./Settings.module.css";
import { Sessions } from "./sessions/Sessions";
import { Stores } from "./stores/Stores";
import { Tokens } from "./tokens/Tokens";
import { Users } from "./users/Users";

const words = texts.settings;
const SECTIONS = {
  general: General,
  users: Users,
  sessions: Sessions,
  tokens: Tokens,
  catalogs: Catalogs,
  registries: Registries,
  notifications: Channels,
  stores: Stores,
  audit: Audit,
};
type Name = keyof typeof SECTIONS;
const NAMES = Object.keys(SECTIONS) as Name[];
/** Only administrators see accounts, the addresses of catalogs, who is notified, and who did what. */
const FOR_ADMINS: ReadonlySet<Name> = new Set<Name>(["users", "catalogs", "registries", "notifications", "audit"]);

export default function Settings() {
  const { section } = useParams();
  const admin = useIsAdmin();
  const names = NAMES.filter((name) => admin || !FOR_ADMINS.has(name));
  const current = names.find((name) => name === section);
  if (!current) return <Lost />;
  const Shown = SECTIONS[current];
  return (
    <>
      <PageHead title={words.title} hint={admin ? words.hint : words.viewOnly} />
      <TabLinks
        label={words.title}
        links={names.map((name) => ({ to: `/settings/${name}`, words: words.sections[name] }))}
        current={`/settings/${current}`}
      />
      <div className={classes.page}>
        <Shown />
      </div>
    </>
  );
}
