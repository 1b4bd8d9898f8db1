import "@mantine/spotlight/styles.css";
import { useDebouncedValue } from "@mantine/hooks";
import { createSpotlight, Spotlight } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { useDepot, useLocalSearch } from "../../api/queries";
import { ImageTile } from "../../common/marks/ImageTile";
import { useThisSystem } from "../../common/session";
import { oneLine } from "../../format/clean";
import { parse, written } from "../../format/names/reference";
import { appPage } from "../../pages/app/useOffer";
import { arranged, type Offer, offerOf } from "../../pages/discover/offer";
import { mainTag, pageOf, rowOf } from "../../pages/images/rows";
import { texts } from "../../texts";

const SHORTEST = 2;
const SHOWN = 4;
// A catalog has a row for each architecture of an image.
const ROWS = 24;
const [store, palette] = createSpotlight();
const groups = texts.discover.tabs;

/** One search over everything, from any page: what is here first, then where else it can be had. */
export default function Palette({ close }: { close: () => void }) {
  const [typed, setTyped] = useState("");
  const [words] = useDebouncedValue(typed.trim(), 250);
  const navigate = useNavigate();
  const asking = words.length >= SHORTEST;
  const here = useLocalSearch(words, SHOWN, asking);
  const appcenter = useOffers("appcenter", words, asking);
  const official = useOffers("official", words, asking);
  const hub = useOffers("dockerhub", words, asking);
  const { reference } = parse(words);
  useEffect(() => palette.open(), []);
  const to = (address: string) => () => void navigate(address);
  const search = new URLSearchParams({ q: words });
  const local = asking ? (here.data?.results ?? []).map(rowOf) : [];
  return (
    <Spotlight.Root
      store={store}
      query={typed}
      onQueryChange={setTyped}
      onSpotlightClose={close}
      shortcut={null}
      scrollable
      maxHeight={460}
    >
      <Spotlight.Search
        placeholder={texts.discover.search}
        aria-label={texts.discover.search}
        leftSection={<IconSearch size={18} />}
        rightSection={null}
      />
      <Spotlight.ActionsList>
        {local.length > 0 && (
          <Spotlight.ActionsGroup label={groups.local}>
            {local.map((row) => (
              <Spotlight.Action
                key={row.key}
                label={row.name}
                leftSection={<ImageTile name={row.name} icon={row.icon} size={30} />}
                onClick={to(pageOf(row.type, row.name, mainTag(row)))}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {(["appcenter", "official", "dockerhub"] as const).map((from) => {
          const offers = { appcenter, official, dockerhub: hub }[from];
          return (
            offers.length > 0 && (
              <Spotlight.ActionsGroup key={from} label={groups[from]}>
                {offers.map((offer) => (
                  <Spotlight.Action
                    key={offer.key}
                    label={oneLine(offer.title, 60)}
                    description={oneLine(offer.description, 90)}
                    leftSection={<ImageTile name={offer.title} icon={offer.icon} size={30} />}
                    onClick={to(appPage(offer))}
                  />
                ))}
              </Spotlight.ActionsGroup>
            )
          );
        })}
        {asking && reference && (
          <Spotlight.ActionsGroup label={groups.reference}>
            <Spotlight.Action label={written(reference)} onClick={to(`/discover/reference?${search}`)} />
          </Spotlight.ActionsGroup>
        )}
        {!asking && <Spotlight.Empty>{texts.keys.start}</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

function useOffers(from: "appcenter" | "official" | "dockerhub", words: string, asking: boolean): Offer[] {
  const { platform } = useThisSystem();
  const { data } = useDepot(from, words, asking, ROWS);
  return useMemo(
    () => (asking && data ? arranged(data.results.map((row) => offerOf(row, platform))).slice(0, SHOWN) : []),
    [asking, data, platform],
  );
}
