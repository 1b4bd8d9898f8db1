import { Button } from "@mantine/core";
import { IconEngine, IconStack2 } from "@tabler/icons-react";
import { useState } from "react";
import { useSettings, useStores } from "../../../api/queries";
import type { Engine, ImageType, StoreInUse } from "../../../api/schema";
import { Chip } from "../../../common/marks/Chip";
import { Failure } from "../../../common/notes/Failure";
import { Section } from "../../../common/page/Section";
import { useIsAdmin, useThisSystem } from "../../../common/session";
import { storeKind } from "../../../common/storeKind";
import { bytes } from "../../../format/amounts";
import { oneLine } from "../../../format/clean";
import { PageLoading } from "../../../shell/PageLoading";
import { texts } from "../../../texts";
import { Rows } from "../Rows";
import classes from "../Settings.module.css";
import { StoreDialog, type Switch } from "./StoreDialog";
import { StoreWork } from "./StoreWork";

const words = texts.stores;
const EMBEDDED = "embedded";
const settingOf = (type: ImageType) => (type === "lxc" ? "IMAGEDEPOT_LXC" : "IMAGEDEPOT_DOCKER");

/** Where images live, what is done with those of the store of before, and the engines that could be chosen. */
export function Stores() {
  const { engines_seen } = useThisSystem();
  const { data, error, refetch } = useStores();
  const { data: settings } = useSettings();
  const [wish, setWish] = useState<Switch | null>(null);
  if (!data) return error ? <Failure error={error} again={() => void refetch()} /> : <PageLoading />;
  const fixed = (type: ImageType) => settings?.find((one) => one.name === settingOf(type))?.read_only === true;
  const chosen = (type: ImageType) => data.stores.find((one) => one.type === type && one.chosen);
  const used = new Set(data.stores.filter((one) => one.chosen).map((one) => one.address));
  const seen = engines_seen.filter((engine) => !used.has(engine.address));
  return (
    <>
      <Section title={words.inUse} hint={words.hint}>
        <ul className={classes.list}>
          {data.stores.map((store) => (
            <StoreRow
              key={`${store.type} ${store.name}`}
              store={store}
              fixed={fixed(store.type)}
              busy={data.work.some((work) => work.type === store.type && !work.ended)}
              choose={(setting) => setWish({ from: store, to: EMBEDDED, setting })}
              decide={() => setWish({ from: store, to: chosen(store.type)?.kind ?? EMBEDDED })}
            />
          ))}
        </ul>
        {data.work.map((work) => (
          <StoreWork key={work.type} work={work} />
        ))}
      </Section>
      <Section title={words.seen} hint={seen.length > 0 ? words.seenHint : undefined}>
        <Rows empty={words.none}>
          {seen.map((engine) => (
            <EngineRow
              key={`${engine.type} ${engine.address}`}
              engine={engine}
              fixed={fixed(engine.type)}
              choose={() => {
                const from = chosen(engine.type);
                if (from) setWish({ from, to: engine.kind, setting: engine.address });
              }}
            />
          ))}
        </Rows>
      </Section>
      <StoreDialog wish={wish} close={() => setWish(null)} />
    </>
  );
}

interface RowProps {
  store: StoreInUse;
  fixed: boolean;
  busy: boolean;
  choose: (setting: string) => void;
  decide: () => void;
}

function StoreRow({ store, fixed, busy, choose, decide }: RowProps) {
  const admin = useIsAdmin();
  const Icon = store.kind === EMBEDDED ? IconStack2 : IconEngine;
  const holds = store.images === null ? "" : words.holds(store.images, bytes(store.size ?? 0));
  return (
    <li className={classes.row}>
      <span className={classes.mark} aria-hidden="true">
        <Icon size={21} />
      </span>
      <div className={classes.words}>
        <span className={classes.quiet}>{words[store.type]}</span>
        <strong>
          {[storeKind(store.kind), store.version && oneLine(store.version, 40)].filter(Boolean).join(" ")}
        </strong>
        {store.address && <span className={`mono upstream ${classes.quiet}`}>{oneLine(store.address, 200)}</span>}
        <span className={classes.quiet}>{[store.chosen && words.chosen, holds].filter(Boolean).join(" · ")}</span>
        {store.reason && <span className={`upstream ${classes.bad}`}>{oneLine(store.reason, 400)}</span>}
      </div>
      <Chip tone={store.available ? "accent" : "red"}>{store.available ? words.available : words.away}</Chip>
      {store.chosen && store.kind !== EMBEDDED && (
        <Choose label={words.embedded} fixed={fixed} off={!admin || busy} choose={() => choose(EMBEDDED)} />
      )}
      {!store.chosen && (
        <Button variant="default" disabled={!admin || busy} onClick={decide}>
          {words.decide}
        </Button>
      )}
    </li>
  );
}

function EngineRow({ engine, fixed, choose }: { engine: Engine; fixed: boolean; choose: () => void }) {
  const admin = useIsAdmin();
  const kind = storeKind(engine.kind);
  return (
    <li className={classes.row}>
      <span className={classes.mark} aria-hidden="true">
        <IconEngine size={21} />
      </span>
      <div className={classes.words}>
        <span className={classes.quiet}>{words[engine.type]}</span>
        <strong className="upstream">
          {[kind, engine.version && oneLine(engine.version, 40)].filter(Boolean).join(" ")}
        </strong>
        <span className={`mono upstream ${classes.quiet}`}>{oneLine(engine.address, 200)}</span>
      </div>
      <Choose label={words.chooseNamed(kind)} fixed={fixed} off={!admin} choose={choose} />
    </li>
  );
}

function Choose({ label, fixed, off, choose }: { label: string; fixed: boolean; off: boolean; choose: () => void }) {
  if (fixed) return <span className={classes.quiet}>{words.lockedHint}</span>;
  return (
    <Button variant="default" disabled={off} onClick={choose}>
      {label}
    </Button>
  );
}
