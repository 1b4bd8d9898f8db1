/** What the pages change: each call says its failure in a toast, and has asked anew what it changed. */

import { useMutation } from "@tanstack/react-query";
import { failed } from "../common/toast";
import { store } from "../downloads/hooks";
import { call, segments } from "./client";
import { client } from "./queries";
import type { DepotName, Download, ImageType } from "./schema";

export interface Wanted {
  from: DepotName;
  type: ImageType;
  name: string;
  tag: string;
  platform?: string | null;
  description?: string;
  icon?: string;
  location?: string;
}

export const useDownload = () =>
  useMutation({
    mutationFn: ({ from, type, name, tag, ...more }: Wanted) => {
      const body = Object.fromEntries(Object.entries(more).filter(([, value]) => value));
      const depot = from === "local" ? "dockerhub" : from;
      return call<object>(
        "POST",
        `/image/${depot}/${type}/${segments(name)}/${encodeURIComponent(tag)}/download`,
        body,
      );
    },
    onError: failed,
  });

/** `name` without a tag removes every tag of the repository. */
export const useRemove = () =>
  useMutation({
    mutationFn: ({ type, name, store }: { type: ImageType; name: string; store?: string }) =>
      call<object>(
        "DELETE",
        `/image/local/${type}/${segments(name)}${store ? `?${new URLSearchParams({ store })}` : ""}`,
      ),
    onSuccess: () => imagesChanged(),
    onError: failed,
  });

/** Cancels a running download, forgets an ended one. */
export const useStop = () =>
  useMutation({
    mutationFn: ({ download }: { download: Download; forget: boolean }) =>
      call<Download>("DELETE", `/downloads/${encodeURIComponent(download.id)}`),
    onSuccess: (_row, { download, forget }) => {
      if (forget) store.forget(download.id);
    },
    onError: failed,
  });

export const useRetry = () =>
  useMutation({
    mutationFn: (download: Download) => call<Download>("POST", `/downloads/${encodeURIComponent(download.id)}/retry`),
    onSuccess: (row, asked) => {
      if (row.id !== asked.id) store.forget(asked.id);
    },
    onError: failed,
  });

/** Puts a download that waits for its turn at a place in the line, from 1. */
export const useMove = () =>
  useMutation({
    mutationFn: ({ download, place }: { download: Download; place: number }) =>
      call<Download>("POST", `/downloads/${encodeURIComponent(download.id)}/move`, { place }),
    onError: failed,
  });

/** A change of a settings page: the list under `key` is asked for again afterwards. */
export const useChange = <V>(key: string, work: (value: V) => Promise<unknown>) =>
  useMutation({
    mutationFn: work,
    onSettled: () => client.invalidateQueries({ queryKey: [key] }),
    onError: failed,
  });

/** The images on this device changed: what shows them asks again. */
export function imagesChanged(): void {
  for (const key of ["local", "space", "image", "tags", "system", "updates", "stores"])
    void client.invalidateQueries({ queryKey: [key] });
}
