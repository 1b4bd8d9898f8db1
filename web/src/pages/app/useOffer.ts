import { useMemo } from "react";
import { segments } from "../../api/client";
import { useDepot } from "../../api/queries";
import type { ImageType } from "../../api/schema";
import { useThisSystem } from "../../common/session";
import { arranged, type Offer, offerOf, offerOfReference } from "../discover/offer";

/** The address of an app's page. */
export function appPage({ type, name, tag }: Pick<Offer, "type" | "name" | "tag">): string {
  return `/discover/app/${type}/${segments(name)}${tag === "latest" ? "" : `?${new URLSearchParams({ tag })}`}`;
}

/** What the catalogs say of an image, else what Docker's official list does; any other docker image by its name alone.
 * `tag` is empty where any will do. */
export function useOffer(type: ImageType, name: string, tag: string) {
  const { platform } = useThisSystem();
  const catalogs = useDepot("appcenter");
  const listed = useMemo(
    () => mine(catalogs.data?.results, type, name, tag, platform),
    [catalogs.data, type, name, tag, platform],
  );
  const canBeOfficial = type === "docker" && !name.includes("/");
  const official = useDepot("official", "", canBeOfficial && !catalogs.isPending && !listed);
  const offer = useMemo(() => {
    const found = listed ?? mine(official.data?.results, type, name, tag, platform);
    if (found || type === "lxc") return found;
    return offerOfReference({ name, tag: tag || "latest" }, platform);
  }, [listed, official.data, type, name, tag, platform]);
  const isPending = catalogs.isPending || (canBeOfficial && !listed && official.isPending);
  return { offer, isPending, error: catalogs.error, again: () => void catalogs.refetch() };
}

function mine(
  rows: Parameters<typeof offerOf>[0][] | undefined,
  type: ImageType,
  name: string,
  tag: string,
  platform: string,
): Offer | undefined {
  const named = (rows ?? [])
    .filter((row) => row.type === type && (row.name === name || row.name.startsWith(`${name}:`)))
    .map((row) => offerOf(row, platform));
  const [exact] = arranged(named.filter((offer) => offer.tag === (tag || "latest")));
  const [any] = arranged(named);
  return exact ?? (any && tag ? { ...any, tag } : any);
}
