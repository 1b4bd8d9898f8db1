import { IconFilterSearch, IconWorldSearch } from "@tabler/icons-react";
import { useMemo } from "react";
import { useDepot } from "../../api/queries";
import { Failure } from "../../common/notes/Failure";
import { Notice } from "../../common/notes/Notice";
import { useThisSystem } from "../../common/session";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import { Cards } from "./cards/Cards";
import { Count } from "./cards/Count";
import { type Offer, offerOf } from "./offer";

const SHORTEST = 2;

/** Docker Hub's search, as one types. */
export function HubSearch({ words, choose }: { words: string; choose: (offer: Offer) => void }) {
  const { platform } = useThisSystem();
  const query = words.trim();
  const asking = query.length >= SHORTEST;
  const { data, error, refetch, isPending, isFetching } = useDepot("dockerhub", query, asking);
  const offers = useMemo(() => (data?.results ?? []).map((row) => offerOf(row, platform)), [data, platform]);
  if (!asking) {
    return (
      <div className="card">
        <Notice icon={<IconWorldSearch size={30} />} title={texts.discover.start} hint={texts.discover.startHint} />
      </div>
    );
  }
  if (error) return <Failure error={error} again={() => void refetch()} />;
  if (isPending) return <PageLoading />;
  if (offers.length === 0) {
    return (
      <div className="card">
        <Notice icon={<IconFilterSearch size={30} />} title={texts.discover.empty} hint={texts.discover.startHint} />
      </div>
    );
  }
  return (
    <div aria-busy={isFetching}>
      <Count many={offers.length} stale={data.stale} />
      <Cards key={query} offers={offers} choose={choose} />
    </div>
  );
}
