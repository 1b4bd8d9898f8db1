import { Button, Group, Modal, Radio, Stack } from "@mantine/core";
import { useEffect, useState } from "react";
import { imagesChanged } from "../../../api/actions";
import { call } from "../../../api/client";
import { client } from "../../../api/queries";
import type { StoreChoice, StoreInUse } from "../../../api/schema";
import { storeKind } from "../../../common/storeKind";
import { failed, said } from "../../../common/toast";
import { texts } from "../../../texts";
import classes from "../Settings.module.css";

const words = texts.stores;
type Fate = NonNullable<StoreChoice["images"]>;

/** What is asked about: the images of `from`; with a `setting`, after new images were sent to `to`, a kind of store. */
export interface Switch {
  from: StoreInUse;
  to: string;
  setting?: string;
}

/** Chooses another store, and asks what becomes of the images of the one of before. */
export function StoreDialog({ wish, close }: { wish: Switch | null; close: () => void }) {
  // What is asked stays to be read while the dialog closes.
  const [shown, setShown] = useState<Switch | null>(wish);
  const [fate, setFate] = useState<Fate>("move");
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (!wish) return;
    setShown(wish);
    setFate(wish.setting === undefined ? "move" : "keep");
  }, [wish]);
  if (!shown) return null;
  const { from, to, setting } = shown;
  const isSwitch = setting !== undefined;
  const asks = from.images !== 0;
  const fates: Fate[] = [
    "move",
    ...(isSwitch ? (["keep"] as const) : []),
    "remove",
    ...(from.kind === "embedded" ? [] : (["leave"] as const)),
  ];

  async function go() {
    setBusy(true);
    try {
      if (isSwitch) await call("PUT", `/stores/${from.type}`, { setting, images: asks ? fate : "keep" });
      else await call("POST", `/stores/${from.type}/work`, { store: from.name, images: fate });
      if (isSwitch) said(words.using(storeKind(to)));
      close();
    } catch (error) {
      failed(error);
    }
    setBusy(false);
    imagesChanged();
    void client.invalidateQueries({ queryKey: ["settings"] });
  }

  return (
    <Modal
      opened={wish !== null}
      onClose={close}
      title={isSwitch ? words.switchTitle(storeKind(to)) : words.decideTitle(storeKind(from.kind))}
      closeButtonProps={{ "aria-label": texts.common.close }}
    >
      <Stack gap="md">
        {isSwitch && <p className={classes.quiet}>{words.switchHint}</p>}
        {asks && (
          <Radio.Group
            label={
              from.images === null
                ? words.questionAway(storeKind(from.kind))
                : words.question(from.images, storeKind(from.kind))
            }
            value={fate}
            onChange={(value) => setFate(value as Fate)}
          >
            <Stack gap="sm" mt="sm">
              {fates.map((each) => (
                <Radio
                  key={each}
                  value={each}
                  label={words.fates[each]}
                  description={each === "move" ? words.fateHints.move(storeKind(to)) : words.fateHints[each]}
                />
              ))}
            </Stack>
          </Radio.Group>
        )}
      </Stack>
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button variant="default" onClick={close} data-autofocus>
          {texts.common.cancel}
        </Button>
        <Button color={asks && fate === "remove" ? "red" : undefined} loading={busy} onClick={() => void go()}>
          {isSwitch ? words.chooseNamed(storeKind(to)) : words.go}
        </Button>
      </Group>
    </Modal>
  );
}
