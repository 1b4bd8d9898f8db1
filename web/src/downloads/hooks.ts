/** The one store of the application, as React reads it. */

import { useMemo, useSyncExternalStore } from "react";
import type { Download, ImageType } from "../api/schema";
import { DownloadStore, ended, imageKey, type Picture } from "./store";

export const store = new DownloadStore();

export const usePicture = (): Picture => useSyncExternalStore(store.subscribe, store.read);

export const useRunning = (): Download[] => {
  const { downloads } = usePicture();
  return useMemo(() => downloads.filter((download) => !ended(download)).reverse(), [downloads]);
};

/** Running downloads by image, for the marks in lists. */
export const useRunningByImage = (): ReadonlyMap<string, Download> => {
  const running = useRunning();
  return useMemo(() => new Map(running.map((row) => [imageKey(row.type, row.name, row.tag), row])), [running]);
};

export const useRunningImage = (type: ImageType, name: string, tag: string): Download | undefined =>
  useRunningByImage().get(imageKey(type, name, tag));
