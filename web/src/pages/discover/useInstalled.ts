import { useLocal } from "../../api/queries";
import type { Offer } from "./offer";

/** The tag under which the offered image is on this device, or null. Follows arrivals without asking the depot again. */
export function useInstalled(offer: Offer): string | null {
  const { data } = useLocal();
  const row = data?.results.find((one) => one.type === offer.type && one.name === offer.name);
  if (!row) return null;
  if (row.type === "lxc") return row.tags?.[0] ?? "latest";
  if (row.tags.includes(offer.tag)) return offer.tag;
  return offer.from === "dockerhub" ? (row.tags[0] ?? null) : null;
}
