import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useCallback, useState } from "react";
import { useParams } from "react-router";
import { ViewerNote } from "../../common/notes/ViewerNote";
import { PageHead } from "../../common/page/PageHead";
import { TabLinks } from "../../common/page/TabLinks";
import { useThisSystem } from "../../common/session";
import { useAddress } from "../../common/useAddress";
import { parse } from "../../format/names/reference";
import { Lost } from "../../shell/Lost";
import { texts } from "../../texts";
import { Browse } from "./Browse";
import { ByReference } from "./ByReference";
import classes from "./Discover.module.css";
import { GetDialog } from "./get/GetDialog";
import { Here } from "./Here";
import { HubSearch } from "./HubSearch";
import { type Offer, offerOfReference } from "./offer";
import { RateLimit } from "./RateLimit";

type Group = keyof typeof texts.discover.tabs;
const GROUPS = Object.keys(texts.discover.tabs) as Group[];

/** One search over groups: the words stay when the group changes. */
export default function Discover() {
  const { depot } = useParams();
  const { platform } = useThisSystem();
  const [words, setWords, typed] = useAddress<string>("q", "", 250);
  const [offer, setOffer] = useState<Offer | null>(null);
  const [opened, setOpened] = useState(false);
  // The same function for every card at all times: cards are drawn again for what changes of them alone.
  const choose = useCallback((one: Offer) => {
    setOffer(one);
    setOpened(true);
  }, []);
  const group = GROUPS.find((one) => one === depot);
  if (!group) return <Lost />;
  const search = typed ? `?${new URLSearchParams({ q: typed })}` : "";
  return (
    <>
      <PageHead title={texts.discover.title} hint={texts.discover.hint[group]}>
        <RateLimit />
      </PageHead>
      <ViewerNote />
      <form
        className={classes.words}
        onSubmit={(event) => {
          event.preventDefault();
          const { reference } = parse(typed);
          if (group === "reference" && reference) choose(offerOfReference(reference, platform));
        }}
      >
        <TextInput
          size="md"
          type="search"
          autoFocus={group === "dockerhub" || group === "reference"}
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          aria-label={texts.discover.search}
          placeholder={texts.discover.search}
          leftSection={<IconSearch size={18} />}
          value={typed}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
      </form>
      <TabLinks
        label={texts.discover.title}
        links={GROUPS.map((one) => ({ to: `/discover/${one}${search}`, words: texts.discover.tabs[one] }))}
        current={`/discover/${group}${search}`}
      />
      {group === "local" && <Here words={words} />}
      {(group === "appcenter" || group === "official") && (
        <Browse key={group} from={group} words={words} choose={choose} />
      )}
      {group === "dockerhub" && <HubSearch words={words} choose={choose} />}
      {group === "reference" && <ByReference typed={typed} setTyped={setWords} choose={choose} />}
      {offer && <GetDialog key={offer.key} offer={offer} opened={opened} close={() => setOpened(false)} />}
    </>
  );
}
