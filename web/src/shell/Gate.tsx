import { Loader } from "@mantine/core";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { useLocation } from "react-router";
import { ApiError } from "../api/client";
import { useSystem } from "../api/queries";
import { Failure } from "../common/notes/Failure";
import { Boundary } from "../common/page/Boundary";
import { RoleContext, SystemContext } from "../common/session";
import { useConnection } from "../downloads/hooks";
import { texts } from "../texts";
import { listen } from "./connection/live";
import classes from "./Gate.module.css";
import { welcomed } from "./user/welcomed";

const Setup = lazy(() => import("../pages/session/Setup"));
const SignedIn = lazy(() => import("../pages/session/SignedIn"));
const Login = lazy(() => import("../pages/session/Login"));
const Welcome = lazy(() => import("../pages/session/Welcome"));

const AGAIN_AFTER = 3000;
/** The reason of a failure while the service has no user and other machines can reach it. */
const SETUP = "setup_required";

/** Decides what is shown at all: the page that creates the administrator, the login page, the first-run page, or the
 * application. */
export function Gate({ children }: { children: ReactNode }) {
  const { data: system, error, refetch } = useSystem();
  const [greeted, setGreeted] = useState(welcomed.read);
  const { pathname } = useLocation();
  const signedOut = error instanceof ApiError && error.status === 401;
  const unreachable = !system && error !== null && !signedOut;
  const inside = system !== undefined && !signedOut;

  useEffect(() => {
    if (!unreachable) return;
    const timer = setInterval(() => void refetch(), AGAIN_AFTER);
    return () => clearInterval(timer);
  }, [unreachable, refetch]);

  const session = inside ? system.username : null;
  useEffect(() => (session === null ? undefined : listen()), [session]);

  if (signedOut && pathname === "/sign-in")
    return (
      <Alone>
        <SignedIn />
      </Alone>
    );
  if (signedOut) return <Alone>{error.reason === SETUP ? <Setup /> : <Login />}</Alone>;
  if (unreachable) return <Alone>{<Failure error={error} again={() => void refetch()} />}</Alone>;
  if (!inside) return <Alone>{null}</Alone>;
  const finish = () => {
    welcomed.write();
    setGreeted(true);
  };
  return (
    <SystemContext value={system}>
      <RoleContext value={system.role}>
        {greeted || (system.users_defined && !welcomed.begun()) ? (
          children
        ) : (
          <Alone>{<Welcome finish={finish} />}</Alone>
        )}
      </RoleContext>
    </SystemContext>
  );
}

function Alone({ children }: { children: ReactNode }) {
  const { pathname } = useLocation();
  const live = useConnection() === "live";
  const waiting = <Loader type="dots" aria-label={texts.common.loading} role="status" />;
  return (
    <main className={classes.alone}>
      <Boundary page={pathname} live={live}>
        <Suspense fallback={waiting}>{children ?? waiting}</Suspense>
      </Boundary>
    </main>
  );
}
