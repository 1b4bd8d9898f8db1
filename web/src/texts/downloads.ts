/** Downloads and the tray. */

import { count } from "../format/amounts";
import { plural } from "./plural";

export const downloads = {
  title: "Downloads",
  summary: (running: number, speed: string) =>
    running ? `${count(running)} running · ${speed}` : "No active downloads",
  running: "Running",
  ended: "Finished",
  statuses: {
    waiting: "Waiting",
    downloading: "Downloading",
    verifying: "Verifying",
    installing: "Installing",
    done: "Done",
    failed: "Failed",
    cancelled: "Cancelled",
  },
  layerStatuses: {
    waiting: "waiting",
    downloading: "downloading",
    verifying: "verifying",
    done: "done",
    shared: "already here",
  },
  of: (done: string, total: string) => `${done} of ${total}`,
  left: (time: string) => `${time} left`,
  silentSince: (time: string) => `no data since ${time}`,
  speed: (now: string) => `Speed, now ${now}`,
  progress: (name: string) => `Progress of ${name}`,
  showLayers: "Show layers",
  hideLayers: "Hide layers",
  cancel: (name: string) => `Cancel ${name}`,
  retry: (name: string) => `Retry ${name}`,
  forget: (name: string) => `Remove ${name} from the list`,
  forgetAll: "Clear finished",
  open: "Open",
  empty: "No downloads yet",
  emptyHint: "Your downloads appear here, with every layer, the speed and the time left.",
  upToDate: (name: string) => `${name} is up to date`,
  checked: "Already up to date",
  done: (name: string) => `${name} is ready`,
  failed: (name: string) => `${name} failed`,
  tray: (n: number) => plural(n, "download", "downloads"),
  trayLabel: "Running downloads",
  trayMore: (n: number) => `${n} more`,
  showTray: "Show running downloads",
  hideTray: "Hide running downloads",
} as const;
