import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconFilterSearch, IconSearch, IconWorldSearch } from "@tabler/icons-react";
import { useEffect, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { useDepot } from "../../api/queries";
import { Failure } from "../../common/Failure";
import { Notice } from "../../common/Notice";
import { useThisSystem } from "../../common/session";
import { PageLoading } from "../../shell/PageLoading";
import { texts } from "../../texts";
import { Cards } from "./Cards";
import { Count } from "./Count";
import classes from "./Discover.module.css";
import { type Offer, offerOf } from "./offer";

const SHORTEST = 2;

/** Docker Hub's search, as one types. */
export function HubSearch({ choose }: { choose: (offer: Offer) => void }) {
  const { platform } = useThisSystem();
  const [search, setSearch] = useSearchParams();
  const [typed, setTyped] = useState(search.get("q") ?? "");
  const [query] = useDebouncedValue(typed.trim(), 350);
  const asking = query.length >= SHORTEST;
  const { data, error, refetch, isPending, isFetching } = useDepot("dockerhub", query, asking);
  const offers = useMemo(() => (data?.results ?? []).map((row) => offerOf(row, platform)), [data, platform]);
  useEffect(() => setSearch(query ? { q: query } : {}, { replace: true }), [query, setSearch]);
  return (
    <>
      <div className={classes.search}>
        <TextInput
          className={classes.field}
          size="md"
          type="search"
          autoFocus
          aria-label={texts.discover.search.dockerhub}
          placeholder={texts.discover.search.dockerhub}
          leftSection={<IconSearch size={18} />}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      </div>
      {!asking ? (
        <div className="card">
          <Notice icon={<IconWorldSearch size={30} />} title={texts.discover.start} hint={texts.discover.startHint} />
        </div>
      ) : error ? (
        <Failure error={error} again={() => void refetch()} />
      ) : isPending ? (
        <PageLoading />
      ) : offers.length === 0 ? (
        <div className="card">
          <Notice icon={<IconFilterSearch size={30} />} title={texts.discover.empty} hint={texts.discover.startHint} />
        </div>
      ) : (
        <div aria-busy={isFetching}>
          <Count many={offers.length} stale={data.stale} />
          <Cards key={query} offers={offers} choose={choose} />
        </div>
      )}
    </>
  );
}
