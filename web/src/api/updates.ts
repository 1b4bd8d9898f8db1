/** Updates of the images on this device: one request for all of them, checks, downloads, and the rules. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { failed, said } from "../common/toast";
import { texts } from "../texts";
import { imagesChanged } from "./actions";
import { call } from "./client";
import { client } from "./queries";
import type {
  AllImageUpdates,
  ImageType,
  ImageUpdate,
  NamedImage,
  PlannedUpdate,
  Preview,
  Rule,
  RulePreview,
  RuleWish,
  StartedUpdates,
} from "./schema";

const KEY = ["updates"];
/** Between two looks while images are being asked about. */
const WHILE_CHECKING = 700;

const all = (signal?: AbortSignal) => call<AllImageUpdates>("GET", "/updates", undefined, signal);

/** What is known of all images. It is asked for again only while a check is under way. */
export const useUpdates = () =>
  useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => all(signal),
    refetchInterval: ({ state }) => (state.data?.waiting ? WHILE_CHECKING : false),
  });

export const updateKey = (type: ImageType, name: string, tag: string) => `${type} ${name} ${tag}`;

let indexed: { of: readonly ImageUpdate[]; by: ReadonlyMap<string, ImageUpdate> } = { of: [], by: new Map() };

/** By type, name and tag; the same map for the same answer. */
export function byImage(rows: readonly ImageUpdate[]): ReadonlyMap<string, ImageUpdate> {
  if (indexed.of !== rows) {
    indexed = { of: rows, by: new Map(rows.map((row) => [updateKey(row.type, row.name, row.tag), row])) };
  }
  return indexed.by;
}

/** Of one image; undefined while it is not known. */
export const useUpdateOf = (type: ImageType, name: string, tag: string) =>
  useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => all(signal),
    select: (found: AllImageUpdates) => byImage(found.results).get(updateKey(type, name, tag)),
  }).data;

/** Asks upstreams about these images, else about all; ends when they have been asked, with what is known then. */
export const useCheck = () =>
  useMutation({
    mutationFn: async (images: NamedImage[]) => {
      await call("POST", "/updates/check", { images });
      for (;;) {
        const found = await all();
        client.setQueryData(KEY, found);
        if (found.waiting === 0) return found;
        await new Promise((later) => setTimeout(later, WHILE_CHECKING));
      }
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["image"] }),
    onError: failed,
  });

/** Downloads the updates of these images, else all that are known. */
export const useStartUpdates = () =>
  useMutation({
    mutationFn: (images: NamedImage[]) => call<StartedUpdates>("POST", "/updates/download", { images }),
    onSuccess: () => imagesChanged(),
    onError: failed,
  });

export const useRules = () =>
  useQuery({
    queryKey: [...KEY, "rules"],
    queryFn: ({ signal }) => call<{ results: Rule[] }>("GET", "/updates/rules", undefined, signal),
  });

/** What a rule that is not set yet would do now. */
export const previewOf = async (rule: RulePreview): Promise<PlannedUpdate[]> =>
  (await call<Preview>("POST", "/updates/preview", rule)).results;

export const putRule = async (pattern: string, wish: RuleWish): Promise<void> => {
  await call<Rule>("PUT", `/updates/rules/${encodeURIComponent(pattern)}`, wish);
  await client.invalidateQueries({ queryKey: KEY });
};

export const useRemoveRule = () =>
  useMutation({
    mutationFn: (pattern: string) => call<object>("DELETE", `/updates/rules/${encodeURIComponent(pattern)}`),
    // Here and not at the row, which is gone by then.
    onSuccess: (_answer, pattern) => said(pattern, texts.updates.removed),
    onSettled: () => client.invalidateQueries({ queryKey: KEY }),
    onError: failed,
  });
