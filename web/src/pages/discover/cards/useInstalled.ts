import { useLocal } from "../../../api/queries";
import { type LocalByName, localByName } from "../../../api/rows";
import type { Offer } from "../offer";

/** The tag under which the offered image is on this device, or null. Follows arrivals without asking the depot again;
 * who asks is drawn again when the answer is another one. */
export function useInstalled(offer: Offer): string | null {
  const { data } = useLocal((list) => tagHere(localByName(list), offer));
  return data ?? null;
}

/** Undefined for what is not here, as before the list has come: so that its arrival draws no card again. */
function tagHere(here: LocalByName, offer: Offer): string | undefined {
  const row = here.get(`${offer.type}/${offer.name}`);
  if (!row) return undefined;
  if (row.type === "lxc") return row.tags?.[0] ?? "latest";
  if (row.tags.includes(offer.tag)) return offer.tag;
  return offer.from === "dockerhub" ? row.tags[0] : undefined;
}
