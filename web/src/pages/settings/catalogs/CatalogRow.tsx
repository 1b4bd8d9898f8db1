import { IconAlertTriangle, IconBook2 } from "@tabler/icons-react";
import { call } from "../../../api/client";
import type { Catalog } from "../../../api/schema";
import { ConfirmButton } from "../../../common/form/ConfirmButton";
import { Chip } from "../../../common/marks/Chip";
import { said } from "../../../common/toast";
import { oneLine } from "../../../format/clean";
import { age } from "../../../format/time";
import { texts } from "../../../texts";
import classes from "../Settings.module.css";
import { refreshAppCenter } from "./refreshAppCenter";

const words = texts.catalogs;
const BUILT_IN = "builtin";

export function CatalogRow({ catalog, locked }: { catalog: Catalog; locked: boolean }) {
  const title = oneLine(catalog.title || catalog.address, 120);
  const remove = async () => {
    await call("DELETE", `/catalogs?${new URLSearchParams({ address: catalog.address })}`);
    said(title, words.removed);
    refreshAppCenter();
  };
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
        <ConfirmButton
          label={words.remove(title)}
          title={words.removeTitle(title)}
          hint={words.removeHint}
          action={texts.remove.action}
          list="catalogs"
          work={remove}
        />
      )}
    </li>
  );
}
