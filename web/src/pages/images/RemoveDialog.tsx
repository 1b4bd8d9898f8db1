import { useState } from "react";
import { useRemove } from "../../api/actions";
import { useSpace } from "../../api/queries";
import type { ImageType } from "../../api/schema";
import { Confirm } from "../../common/form/Confirm";
import { said } from "../../common/toast";
import { shown } from "../../format/names/own";
import { written } from "../../format/names/reference";
import { texts } from "../../texts";
import { freed } from "../space/freed";
import classes from "./Images.module.css";

export interface Target {
  type: ImageType;
  name: string;
  tags: string[];
  /** All tags of the repository go. */
  whole: boolean;
  /** Where two stores have an image of this name, the one that it goes from. */
  store?: string;
}

const LISTED = 12;

/** Says what goes and how much space that frees, then removes. */
export function RemoveDialog({
  opened,
  targets,
  close,
  removed,
}: {
  opened: boolean;
  targets: readonly Target[];
  close: () => void;
  removed?: () => void;
}) {
  const remove = useRemove();
  const [busy, setBusy] = useState(false);
  const names = targets.flatMap((one) =>
    one.type === "lxc" ? [one.name] : one.tags.map((tag) => written({ name: shown(one.name), tag })),
  );

  async function confirm() {
    setBusy(true);
    const paths = targets.flatMap((one) =>
      one.whole
        ? [{ type: one.type, name: one.name, store: one.store }]
        : one.tags.map((tag) => ({ type: one.type, name: `${one.name}:${tag}`, store: one.store })),
    );
    let gone = 0;
    for (const path of paths) {
      const done = await remove.mutateAsync(path).then(
        () => true,
        () => false,
      );
      if (done) gone += 1;
    }
    setBusy(false);
    close();
    if (gone > 0) {
      said(texts.remove.done(gone));
      removed?.();
    }
  }

  return (
    <Confirm
      opened={opened}
      title={texts.remove.title(names.length)}
      action={texts.remove.action}
      busy={busy}
      onConfirm={() => void confirm()}
      onClose={close}
    >
      <span>{texts.remove.what}</span>
      <ul className={classes.gone}>
        {names.slice(0, LISTED).map((name) => (
          <li key={name} className="mono upstream">
            {name}
          </li>
        ))}
        {names.length > LISTED && <li>{texts.remove.more(names.length - LISTED)}</li>}
      </ul>
      {opened && <Frees targets={targets} />}
      <span className={classes.quiet}>{texts.remove.hint}</span>
    </Confirm>
  );
}

function Frees({ targets }: { targets: readonly Target[] }) {
  const { data } = useSpace();
  if (!data) return <p className={classes.frees}>{texts.common.loading}</p>;
  const wanted = new Set(
    targets.flatMap((one) => one.tags.map((tag) => `${one.type} ${one.name} ${one.type === "lxc" ? "" : tag}`)),
  );
  const going = data.images.filter((one) => wanted.has(`${one.type} ${one.name} ${one.type === "lxc" ? "" : one.tag}`));
  const references = new Set(going.map((one) => one.reference));
  const known = data.blobs.some((blob) => blob.images.some((image) => references.has(image)));
  if (!known) return <p className={classes.frees}>{texts.remove.freesUnknown}</p>;
  const amount = freed(data.blobs, references);
  const whole = data.blobs
    .filter((blob) => blob.images.some((image) => references.has(image)))
    .reduce((sum, blob) => sum + blob.size, 0);
  return (
    <>
      <p className={classes.frees}>{amount > 0 ? texts.remove.frees(amount) : texts.remove.freesNothing}</p>
      {whole - amount > 0 && <p className={classes.quiet}>{texts.remove.kept(whole - amount)}</p>}
    </>
  );
}
