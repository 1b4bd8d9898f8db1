import { Suspense, useEffect, useRef } from "react";
import { Link, Outlet, useLocation } from "react-router";
import { base } from "../api/client";
import { Boundary } from "../common/page/Boundary";
import { useThisSystem } from "../common/session";
import { useNarrow } from "../common/useNarrow";
import { useConnection } from "../downloads/hooks";
import { fetchTheRest } from "../pages/pages";
import { texts } from "../texts";
import { ConnectionBanner } from "./connection/ConnectionBanner";
import { Keys } from "./keys/Keys";
import { DiskMeter } from "./navigation/DiskMeter";
import { NavLinks } from "./navigation/NavLinks";
import { PageLoading } from "./PageLoading";
import classes from "./Shell.module.css";
import { TitleProgress } from "./tray/TitleProgress";
import { Tray } from "./tray/Tray";
import { UserMenu } from "./user/UserMenu";

/** What stands around every page. */
export function Shell() {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const narrow = useNarrow();
  const { username } = useThisSystem();
  const connection = useConnection();
  useEffect(fetchTheRest, []);
  return (
    <>
      <button type="button" className={classes.skip} onClick={() => main.current?.focus()}>
        {texts.nav.skip}
      </button>
      <div className={classes.shell} data-shell>
        {narrow ? (
          <header className={classes.top}>
            <Brand />
            <UserMenu />
          </header>
        ) : (
          <header className={classes.rail}>
            <Brand />
            <nav aria-label={texts.nav.label}>
              <NavLinks classes={classes} />
            </nav>
            <div className={classes.foot}>
              <DiskMeter className={classes.disk} />
              <div className={classes.who}>
                <span className="clip upstream">{username}</span>
                <UserMenu />
              </div>
            </div>
          </header>
        )}
        <div className={classes.column}>
          <ConnectionBanner />
          <main className={classes.main} ref={main} tabIndex={-1}>
            <Boundary page={pathname} live={connection === "live"}>
              <Suspense fallback={<PageLoading />}>
                <Outlet />
              </Suspense>
            </Boundary>
          </main>
        </div>
        {narrow && (
          <nav className={classes.tabs} aria-label={texts.nav.label}>
            <NavLinks classes={classes} />
          </nav>
        )}
      </div>
      <Tray />
      <TitleProgress />
      <Keys />
    </>
  );
}

function Brand() {
  return (
    <Link to="/" className={`touch ${classes.brand}`}>
      <img src={`${base}favicon.svg`} alt="" />
      {texts.product}
    </Link>
  );
}
