import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { PageHead } from "../../common/PageHead";
import { TabLinks } from "../../common/TabLinks";
import { Lost } from "../../shell/Lost";
import { texts } from "../../texts";
import { Browse } from "./Browse";
import { ByReference } from "./ByReference";
import { GetDialog } from "./GetDialog";
import { HubSearch } from "./HubSearch";
import type { Offer } from "./offer";
import { RateLimit } from "./RateLimit";

type Tab = keyof typeof texts.discover.tabs;
const TABS = Object.keys(texts.discover.tabs) as Tab[];

export default function Discover() {
  const { depot } = useParams();
  const navigate = useNavigate();
  const [offer, setOffer] = useState<Offer | null>(null);
  const [opened, setOpened] = useState(false);
  const tab = TABS.find((one) => one === depot);
  if (!tab) return <Lost />;
  const choose = (one: Offer) => {
    setOffer(one);
    setOpened(true);
  };
  return (
    <>
      <PageHead title={texts.discover.title} hint={texts.discover.hint[tab]}>
        <RateLimit />
      </PageHead>
      <TabLinks
        label={texts.discover.title}
        links={TABS.map((one) => ({ to: `/discover/${one}`, words: texts.discover.tabs[one] }))}
        current={`/discover/${tab}`}
      />
      {tab === "appcenter" && (
        <Browse
          key={tab}
          from={tab}
          choose={choose}
          toHub={(q) => void navigate(`/discover/dockerhub?q=${encodeURIComponent(q)}`)}
        />
      )}
      {tab === "official" && (
        <Browse
          key={tab}
          from={tab}
          choose={choose}
          toHub={(q) => void navigate(`/discover/dockerhub?q=${encodeURIComponent(q)}`)}
        />
      )}
      {tab === "dockerhub" && <HubSearch choose={choose} />}
      {tab === "reference" && <ByReference choose={choose} />}
      {offer && <GetDialog key={offer.key} offer={offer} opened={opened} close={() => setOpened(false)} />}
    </>
  );
}
