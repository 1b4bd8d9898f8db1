/** Ties the one event stream to the queries, the session and the network's state. */

import { imagesChanged } from "../../api/actions";
import { address, unauthenticated } from "../../api/client";
import { client } from "../../api/queries";
import { said } from "../../common/toast";
import { store } from "../../downloads/hooks";
import { Stream } from "../../downloads/stream";
import { texts } from "../../texts";

const refreshSystem = () => void client.invalidateQueries({ queryKey: ["system"] });

export const stream = new Stream(store, () => new EventSource(address("/downloads/events?changes=1")), {
  images: imagesChanged,
  mirror: () => void client.invalidateQueries({ queryKey: ["mirror-fetches"] }),
  back: () => {
    said(texts.connection.back);
    void client.invalidateQueries();
  },
  // Asks who we are: a session that ended shows the login page, a service that is away keeps the banner.
  broke: refreshSystem,
});

/** Starts listening; returns what ends it. */
export function listen(): () => void {
  const offline = () => store.connected("lost");
  const online = () => stream.retry();
  unauthenticated.report = refreshSystem;
  window.addEventListener("offline", offline);
  window.addEventListener("online", online);
  stream.start();
  return () => {
    window.removeEventListener("offline", offline);
    window.removeEventListener("online", online);
    stream.stop();
  };
}
