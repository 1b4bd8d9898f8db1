import { Button } from "@mantine/core";
import { IconEngine, IconStack2 } from "@tabler/icons-react";
import { useChange } from "../../api/actions";
import { call } from "../../api/client";
import { useSettings } from "../../api/queries";
import type { Engine, ImageType, Setting, Store } from "../../api/schema";
import { Chip } from "../../common/Chip";
import { Section } from "../../common/Section";
import { useIsAdmin, useThisSystem } from "../../common/session";
import { said } from "../../common/toast";
import { oneLine } from "../../format/clean";
import { texts } from "../../texts";
import classes from "./Settings.module.css";

const words = texts.stores;
const EMBEDDED = "embedded";
const settingOf = (type: ImageType) => (type === "lxc" ? "IMAGEDEPOT_LXC" : "IMAGEDEPOT_DOCKER");
const kindOf = (kind: string) => words.kinds[kind] ?? kind;

/** Where images live, and the engines that answer but are not chosen. */
export function Stores() {
  const { stores, engines_seen } = useThisSystem();
  const { data: settings } = useSettings();
  const settingFor = (type: ImageType) => settings?.find((one) => one.name === settingOf(type));
  return (
    <>
      <Section title={words.inUse} hint={words.hint}>
        <ul className={classes.list}>
          {stores.map((store) => (
            <StoreRow key={store.type} store={store} setting={settingFor(store.type)} />
          ))}
        </ul>
      </Section>
      <Section title={words.seen} hint={engines_seen.length > 0 ? words.seenHint : undefined}>
        {engines_seen.length === 0 ? (
          <p className={classes.quiet}>{words.none}</p>
        ) : (
          <ul className={classes.list}>
            {engines_seen.map((engine) => (
              <EngineRow key={`${engine.type} ${engine.address}`} engine={engine} setting={settingFor(engine.type)} />
            ))}
          </ul>
        )}
      </Section>
    </>
  );
}

function StoreRow({ store, setting }: { store: Store; setting: Setting | undefined }) {
  const Icon = store.kind === EMBEDDED ? IconStack2 : IconEngine;
  const chosenEmbedded = setting?.value === EMBEDDED;
  // What is chosen differs from what runs until the next start.
  const pending = setting !== undefined && chosenEmbedded !== (store.kind === EMBEDDED);
  return (
    <li className={classes.row}>
      <span className={classes.mark} aria-hidden="true">
        <Icon size={21} />
      </span>
      <div className={classes.words}>
        <span className={classes.quiet}>{words[store.type]}</span>
        <strong>{[kindOf(store.kind), store.version && oneLine(store.version, 40)].filter(Boolean).join(" ")}</strong>
        {store.address && <span className={`mono upstream ${classes.quiet}`}>{oneLine(store.address, 200)}</span>}
        {store.reason && <span className={`upstream ${classes.bad}`}>{oneLine(store.reason, 400)}</span>}
        {pending && (
          <span className={`upstream ${classes.quiet}`}>
            {words.chosen(chosenEmbedded ? kindOf(EMBEDDED) : oneLine(setting.value, 200))}
          </span>
        )}
      </div>
      <Chip tone={store.available ? "accent" : "red"}>{store.available ? words.available : words.away}</Chip>
      {store.kind !== EMBEDDED && setting && (
        <Choose setting={setting} value={EMBEDDED} label={words.embedded} done={chosenEmbedded} />
      )}
    </li>
  );
}

function EngineRow({ engine, setting }: { engine: Engine; setting: Setting | undefined }) {
  const kind = kindOf(engine.kind);
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
      {setting && (
        <Choose
          setting={setting}
          value={engine.address}
          label={words.chooseNamed(kind)}
          done={setting.value === engine.address}
        />
      )}
    </li>
  );
}

/** The button that names another store; it counts from the next start on. */
function Choose({ setting, value, label, done }: { setting: Setting; value: string; label: string; done: boolean }) {
  const admin = useIsAdmin();
  const choose = useChange("settings", async () => {
    await call("PUT", `/settings/${setting.name}`, { value });
    said(words.using);
  });
  if (done) return <Chip tone="amber">{words.using}</Chip>;
  if (setting.read_only) return <span className={classes.quiet}>{words.lockedHint}</span>;
  return (
    <Button variant="default" disabled={!admin} loading={choose.isPending} onClick={() => choose.mutate(undefined)}>
      {label}
    </Button>
  );
}
