import { IconChevronDown, IconChevronUp, IconDownload } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { Link, useLocation } from "react-router";
import { inWords } from "../../api/client";
import type { Download } from "../../api/schema";
import { Bar } from "../../common/marks/Bar";
import { failedAs, said } from "../../common/toast";
import { Announcer } from "../../downloads/announce";
import { usePicture, useRunning } from "../../downloads/hooks";
import { howFar } from "../../downloads/progress";
import { shownName, speedOf, wasCheck } from "../../downloads/store";
import { rate } from "../../format/amounts";
import { duration } from "../../format/time";
import { texts } from "../../texts";
import classes from "./Tray.module.css";

const SHOWN = 4;

/** The running downloads in the corner of every page but their own. */
export function Tray() {
  useAnnouncements();
  const running = useRunning();
  const { pathname } = useLocation();
  const [open, setOpen] = useState(false);
  if (running.length === 0 || pathname === "/downloads") return null;
  const Chevron = open ? IconChevronDown : IconChevronUp;
  return (
    <aside className={classes.tray} data-tray aria-label={texts.downloads.trayLabel}>
      <button
        type="button"
        className={classes.head}
        aria-expanded={open}
        title={open ? texts.downloads.hideTray : texts.downloads.showTray}
        onClick={() => setOpen(!open)}
      >
        <IconDownload size={19} aria-hidden />
        <strong>{texts.downloads.tray(running.length)}</strong>
        <span>{rate(speedOf(running))}</span>
        <Chevron size={17} aria-hidden />
      </button>
      <ul className={classes.list}>
        {running.slice(0, open ? SHOWN : 1).map((row) => (
          <TrayItem key={row.id} row={row} />
        ))}
      </ul>
      {open && (
        <Link to="/downloads" className={classes.more}>
          {running.length > SHOWN ? texts.downloads.trayMore(running.length - SHOWN) : texts.downloads.title}
        </Link>
      )}
    </aside>
  );
}

function TrayItem({ row }: { row: Download }) {
  const name = shownName(row);
  return (
    <li className={classes.item}>
      <div className={classes.row}>
        <b className="name upstream" title={name}>
          {name}
        </b>
        <span>{row.eta === null ? texts.downloads.statuses[row.status] : texts.downloads.left(duration(row.eta))}</span>
      </div>
      <Bar percent={howFar(row)} label={texts.downloads.progress(name)} height={5} />
    </li>
  );
}

function useAnnouncements() {
  const picture = usePicture();
  const announcer = useRef(new Announcer());
  useEffect(() => {
    for (const row of announcer.current.look(picture)) {
      const name = shownName(row);
      if (row.status === "failed") failedAs(texts.downloads.failed(name), inWords(row.reason, row.error ?? ""));
      else said(wasCheck(row) ? texts.downloads.upToDate(name) : texts.downloads.done(name));
    }
  }, [picture]);
}
