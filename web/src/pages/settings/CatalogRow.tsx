import { ActionIcon, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconBook2, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useChange } from "../../api/actions";
import { call } from "../../api/client";
import type { Catalog } from "../../api/schema";
import { Chip } from "../../common/Chip";
import { Confirm } from "../../common/Confirm";
import { said } from "../../common/toast";
import { oneLine } from "../../format/clean";
import { age } from "../../format/time";
import { texts } from "../../texts";
import { listAnew } from "./listAnew";
import classes from "./Settings.module.css";

const words = texts.catalogs;
const BUILT_IN = "builtin";

export function CatalogRow({ catalog, locked }: { catalog: Catalog; locked: boolean }) {
  const [asked, setAsked] = useState(false);
  const title = oneLine(catalog.title || catalog.address, 120);
  const remove = useChange("catalogs", async () => {
    await call("DELETE", `/catalogs?${new URLSearchParams({ address: catalog.address })}`).finally(() =>
      setAsked(false),
    );
    said(title, words.removed);
    listAnew();
  });
  const built = catalog.address === BUILT_IN;
  return (
    <li className={classes.row}>
      <span className={classes.mark} aria-hidden="true">
        <IconBook2 size={21} />
      </span>
      <div className={classes.words}>
        <strong className="upstream">{title}</strong>
        <span className={`upstream ${classes.quiet}`}>
          {built ? words.builtin : title === catalog.address ? null : oneLine(catalog.address, 300)}
        </span>
        {catalog.error && (
          <span className={`upstream ${classes.bad}`}>
            <IconAlertTriangle size={15} aria-hidden /> {oneLine(catalog.error, 400)}
          </span>
        )}
        <span className={classes.chips}>
          <Chip tone={catalog.rows > 0 ? "accent" : "plain"}>{words.rows(catalog.rows)}</Chip>
          {catalog.format && <Chip tone="line">{words.formats[catalog.format] ?? oneLine(catalog.format, 40)}</Chip>}
          {catalog.skipped > 0 && <Chip tone="amber">{words.skipped(catalog.skipped)}</Chip>}
          {!built && <Chip tone="line">{catalog.fetched ? words.fetched(age(catalog.fetched)) : words.never}</Chip>}
        </span>
      </div>
      {!locked && (
        <Tooltip label={words.remove(title)}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={words.remove(title)}
            onClick={() => setAsked(true)}
          >
            <IconTrash size={18} />
          </ActionIcon>
        </Tooltip>
      )}
      <Confirm
        opened={asked}
        title={words.removeTitle(title)}
        action={texts.remove.action}
        busy={remove.isPending}
        onConfirm={() => remove.mutate(undefined)}
        onClose={() => setAsked(false)}
      >
        {words.removeHint}
      </Confirm>
    </li>
  );
}
