import { useThisSystem } from "../../common/session";
import { texts } from "../../texts";
import type { ImageRow } from "./rows";

/** Where an image lives that is not in the store that takes new ones; empty for all others. */
export function useOtherStore(row: ImageRow): string {
  const chosen = useThisSystem().stores.find((store) => store.type === row.type);
  if (!row.store || !chosen || row.store === chosen.kind) return "";
  return texts.stores.short[row.store] ?? row.store;
}
