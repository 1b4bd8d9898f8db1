/** Updates of the images on this device: one request for all of them, checks, downloads, and the rules. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { failed, said } from "../common/toast";
import { texts } from "../texts";
import { imagesChanged } from "./actions";
import { call } from "./client";
import { client } from "./queries";
import type {
  AllImageUpdates,
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

// Without the query's signal: a check goes on when the page that watches it is left.
const ALL = { queryKey: KEY, queryFn: () => call<AllImageUpdates>("GET", "/updates") };

/** What is known of all images, or what `select` takes of it. Asked for again only while a check is under way. */
export const useUpdates = <T = AllImageUpdates>(select?: (found: AllImageUpdates) => T) =>
  useQuery({
    ...ALL,
    refetchInterval: ({ state }) => (state.data?.waiting ? WHILE_CHECKING : false),
    ...(select && { select }),
  });

const updateKey = ({ type, name, tag }: NamedImage) => `${type} ${name} ${tag}`;

const indexed = new WeakMap<readonly ImageUpdate[], ReadonlyMap<string, ImageUpdate>>();

/** What is known of these images: one index for each answer, however many lines look into it. */
export function updatesFor(images: readonly NamedImage[], rows: readonly ImageUpdate[]): ImageUpdate[] {
  let by = indexed.get(rows);
  if (!by) {
    by = new Map(rows.map((row) => [updateKey(row), row]));
    indexed.set(rows, by);
  }
  return images.map((image) => by.get(updateKey(image))).filter((row) => row !== undefined);
}

/** Asks upstreams about these images, else about all; ends when they have been asked, with what is known of them then.
 * `checked` is called also when what asked has gone from the page meanwhile. */
export const useCheck = (checked?: (rows: ImageUpdate[]) => void) =>
  useMutation({
    mutationFn: async (images: NamedImage[]) => {
      await call("POST", "/updates/check", { images });
      // One that was asked before does not know of this check.
      await client.cancelQueries({ queryKey: KEY, exact: true });
      for (;;) {
        const found = await client.fetchQuery({ ...ALL, staleTime: 0 });
        if (found.waiting === 0) return updatesFor(images, found.results);
        await new Promise((later) => setTimeout(later, WHILE_CHECKING));
      }
    },
    onSuccess: (rows) => {
      checked?.(rows);
      return client.invalidateQueries({ queryKey: ["image"] });
    },
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
