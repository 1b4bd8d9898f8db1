import { IconPlugConnectedX } from "@tabler/icons-react";
import { useConnection } from "../../downloads/hooks";
import { texts } from "../../texts";
import classes from "./ConnectionBanner.module.css";
import { stream } from "./live";

/** Says that the service does not answer, for as long as it does not. */
export function ConnectionBanner() {
  const connection = useConnection();
  return (
    <div role="alert" className={classes.place}>
      {connection === "lost" && (
        <div className={classes.banner}>
          <IconPlugConnectedX size={19} aria-hidden />
          <strong>{texts.connection.lost}</strong>
          <span>{texts.connection.lostHint}</span>
          <button type="button" onClick={() => stream.retry()}>
            {texts.connection.now}
          </button>
        </div>
      )}
    </div>
  );
}
