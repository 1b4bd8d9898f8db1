import { useParams } from "react-router";
import { PageHead } from "../../common/page/PageHead";
import { TabLinks } from "../../common/page/TabLinks";
import { Lost } from "../../shell/Lost";
import { texts } from "../../texts";
import { Machines } from "./Machines";
import { Overview } from "./Overview";

const words = texts.mirror;
const TABS = [
  { to: "/mirror", words: words.tabs.overview },
  { to: "/mirror/machines", words: words.tabs.machines },
];

/** What passes through on its way to other machines, and how they are set up. */
export default function Mirror() {
  const { view } = useParams();
  if (view !== undefined && view !== "machines") return <Lost />;
  return (
    <>
      <PageHead title={words.title} hint={words.hint} />
      <TabLinks label={words.title} links={TABS} current={view ? "/mirror/machines" : "/mirror"} />
      {view ? <Machines /> : <Overview />}
    </>
  );
}
