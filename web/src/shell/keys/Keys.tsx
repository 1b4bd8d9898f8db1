import { Kbd, Modal } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useState } from "react";
import { fetchPalette } from "../../pages/pages";
import { texts } from "../../texts";
import { Fetched } from "../Fetched";
import classes from "./Keys.module.css";

const KEYS: [string[], string][] = [
  [["Ctrl", "K"], texts.keys.search],
  [["/"], texts.keys.focus],
  [["?"], texts.keys.help],
  [["Esc"], texts.keys.close],
];

/** What keys do on every page. */
export function Keys() {
  const [searching, setSearching] = useState(false);
  const [helping, setHelping] = useState(false);
  useHotkeys([["mod+K", () => setSearching(true)]], []);
  useHotkeys([
    ["/", focusSearch],
    ["shift+?", () => setHelping(true)],
    ["?", () => setHelping(true)],
  ]);
  return (
    <>
      {searching && <Fetched fetch={fetchPalette} close={() => setSearching(false)} />}
      <Modal
        opened={helping}
        onClose={() => setHelping(false)}
        title={texts.keys.title}
        closeButtonProps={{ "aria-label": texts.common.close }}
      >
        <dl className={classes.keys}>
          {KEYS.map(([keys, words]) => (
            <div key={words}>
              <dt>
                {keys.map((key) => (
                  <Kbd key={key}>{key}</Kbd>
                ))}
              </dt>
              <dd>{words}</dd>
            </div>
          ))}
        </dl>
      </Modal>
    </>
  );
}

function focusSearch() {
  const field = document.querySelector<HTMLInputElement>('main input[type="search"]');
  field?.focus();
  field?.select();
}
