/** The one store of the application, as React reads it. Each hook has its reader drawn again for what it asked for alone. */

import { useMemo, useSyncExternalStore } from "react";
import type { Download, ImageType } from "../api/schema";
import { type Connection, DownloadStore, imageKey, type Picture, repositoryKey } from "./store";

export const store = new DownloadStore();

/** Everything: for the page of the downloads and the tray. */
export const usePicture = (): Picture => useSyncExternalStore(store.subscribe, store.read);

export const useConnection = (): Connection => useSyncExternalStore(store.subscribe, () => store.read().connection);

/** In order of asking. */
export const useRunning = (): readonly Download[] => useSyncExternalStore(store.subscribe, store.running);

export const useRunningCount = (): number => useSyncExternalStore(store.subscribe, () => store.running().length);

/** Running downloads by image, for the marks in lists. */
export const useRunningByImage = (): ReadonlyMap<string, Download> => {
  const running = useRunning();
  return useMemo(() => new Map(running.map((row) => [imageKey(row.type, row.name, row.tag), row])), [running]);
};

export const useRunningImage = (type: ImageType, name: string, tag: string): Download | undefined => {
  const key = imageKey(type, name, tag);
  return useSyncExternalStore(store.subscribe, () => store.ofImage(key));
};

/** The first download that runs for a repository, whatever its tag. */
export const useRunningRepository = (type: ImageType, name: string): Download | undefined => {
  const key = repositoryKey(type, name);
  return useSyncExternalStore(store.subscribe, () => store.ofImage(key));
};
