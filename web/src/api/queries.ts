/** What the pages ask the service for. Nothing is asked for again by a timer, but for stores while images move, and for
 * the latest clients while the test of the mirror waits for one. */

import { keepPreviousData, QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { ApiError, call, list, segments, whole } from "./client";
import type { Found, Inspect, Listing, Local } from "./rows";
import type {
  Catalog,
  Client,
  ClientConfig,
  ClientRequest,
  DepotName,
  Details,
  ImageType,
  Layers,
  Limits,
  Mirror,
  MirrorFetch,
  MirrorImages,
  NotificationChannel,
  OpenSession,
  Platforms,
  Registry,
  Setting,
  Space,
  Stores,
  System,
  Tags,
  TagsDetails,
  Token,
  Update,
  User,
} from "./schema";

const MINUTE = 60_000;

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: MINUTE / 2,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      // A lost service is noticed by the event stream, which has everything asked for again when it is back.
      retry: (failures, error) => failures < 1 && error instanceof ApiError && error.status >= 502,
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

const imagePath = (type: ImageType, name: string, tag: string) =>
  `/image/${type}/${segments(name)}/${encodeURIComponent(tag)}`;

/** A repository as Docker Hub's own API knows it. */
const hubPath = (name: string) => `/image/dockerhub/docker/${name.includes("/") ? 0 : 1}/${segments(name)}`;

const matches = (from: DepotName, words: string, limit?: number) =>
  new URLSearchParams({
    from,
    filter_text: words,
    ...(words ? { order: "relevance" } : from === "appcenter" && { order: "catalog" }),
    ...(limit !== undefined && { limit: `${limit}` }),
  });

export const useSystem = () =>
  useQuery({
    queryKey: ["system"],
    queryFn: ({ signal }) => call<System>("GET", "/system", undefined, signal),
    staleTime: 5 * MINUTE,
  });

/** `select`: what of it is looked at; nothing else has its reader drawn again. Without digests, which no page shows. */
export const useLocal = <T = Listing<Local>>(select?: (list: Listing<Local>) => T) =>
  useQuery({
    queryKey: ["local"],
    queryFn: ({ signal }) => call<Listing<Local>>("GET", "/image/?from=local&digests=false", undefined, signal),
    staleTime: 5 * MINUTE,
    ...(select && { select }),
  });

/** The stores; asked for again each second for as long as images are moved or removed. */
export const useStores = () =>
  useQuery({
    queryKey: ["stores"],
    queryFn: ({ signal }) => call<Stores>("GET", "/stores", undefined, signal),
    refetchInterval: ({ state }) => (state.data?.work.some((work) => !work.ended) ? 1000 : false),
  });

/** What is on this device, the best matches first. */
export const useLocalSearch = (words: string, limit = 100, enabled = true) =>
  useQuery({
    queryKey: ["local", words, limit],
    queryFn: ({ signal }) =>
      call<Listing<Local>>("GET", `/image/?${matches("local", words, limit)}`, undefined, signal),
    placeholderData: keepPreviousData,
    enabled,
  });

/** A whole depot, or with words the best matches first. */
export const useDepot = (from: Exclude<DepotName, "local">, words = "", enabled = true, limit?: number) =>
  useQuery({
    queryKey: ["depot", from, words, limit ?? "all"],
    queryFn: ({ signal }) => list<Listing<Found>>(`/image/?${matches(from, words, limit)}`, signal),
    placeholderData: keepPreviousData,
    staleTime: 5 * MINUTE,
    enabled,
  });

export const useInspect = (type: ImageType, name: string, tag: string) =>
  useQuery({
    queryKey: ["image", type, name, tag, "inspect"],
    queryFn: ({ signal }) => call<Inspect>("GET", `${imagePath(type, name, tag)}/inspect`, undefined, signal),
  });

export const useLayers = (type: ImageType, name: string, tag: string) =>
  useQuery({
    queryKey: ["image", type, name, tag, "layers"],
    queryFn: ({ signal }) => call<Layers>("GET", `${imagePath(type, name, tag)}/layers`, undefined, signal),
    enabled: type === "docker",
  });

export const useUpdate = (type: ImageType, name: string, tag: string, enabled = true) =>
  useQuery({
    queryKey: ["image", type, name, tag, "update"],
    queryFn: ({ signal }) => call<Update>("GET", `${imagePath(type, name, tag)}/update`, undefined, signal),
    staleTime: 10 * MINUTE,
    retry: false,
    enabled,
  });

export const useLxcFiles = (name: string, tag: string, enabled: boolean) =>
  useQuery({
    queryKey: ["image", "lxc", name, tag, "files"],
    queryFn: ({ signal }) =>
      call<{ metadata: string; rootfs: string }>("GET", `${imagePath("lxc", name, tag)}/files`, undefined, signal),
    retry: false,
    enabled,
  });

/** `official`: a name without a slash on Docker Hub stands for the `library` namespace. */
export const useTags = (name: string, enabled = true) =>
  useQuery({
    queryKey: ["tags", name],
    queryFn: ({ signal }) => whole<Tags>(`${hubPath(name)}/tags?order=version`, signal),
    staleTime: 5 * MINUTE,
    retry: false,
    enabled: enabled && name !== "",
  });

const MOST_TAG_PAGES = 5;

/** What Docker Hub knows of the tags that were updated last, by tag; grows page by page, until all is `settled`. */
export function useTagDetails(name: string, enabled: boolean) {
  const { data, isPending, isError, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery({
    queryKey: ["tags", name, "details"],
    queryFn: ({ pageParam, signal }) => list<TagsDetails>(`${hubPath(name)}/tags/details?page=${pageParam}`, signal),
    initialPageParam: 1,
    getNextPageParam: (last, pages) => (last.more && pages.length < MOST_TAG_PAGES ? pages.length + 1 : undefined),
    staleTime: 5 * MINUTE,
    retry: false,
    enabled: enabled && name !== "",
  });
  // A page that fails is the last one: asking for it again would never end while Docker Hub refuses.
  const goesOn = hasNextPage && !isError;
  useEffect(() => {
    if (goesOn && !isFetching) void fetchNextPage();
  }, [goesOn, isFetching, fetchNextPage]);
  const byTag = useMemo(() => new Map(data?.pages.flatMap((page) => page.tags).map((one) => [one.tag, one])), [data]);
  return { byTag, settled: !enabled || isError || !(isPending || goesOn) };
}

/** What Docker Hub knows of a repository. */
export const useDetails = (name: string, enabled: boolean) =>
  useQuery({
    queryKey: ["details", name],
    queryFn: ({ signal }) => call<Details>("GET", `${hubPath(name)}/details`, undefined, signal),
    staleTime: 5 * MINUTE,
    retry: false,
    enabled,
  });

export const usePlatforms = (from: DepotName, type: ImageType, name: string, tag: string, enabled = true) =>
  useQuery({
    queryKey: ["platforms", from, type, name, tag],
    queryFn: ({ signal }) =>
      call<Platforms>(
        "GET",
        `/image/${from}/${type}/${segments(name)}/${encodeURIComponent(tag)}/platforms`,
        undefined,
        signal,
      ),
    staleTime: 5 * MINUTE,
    retry: false,
    enabled: enabled && tag !== "",
  });

export const useLimits = () =>
  useQuery({
    queryKey: ["limits"],
    queryFn: ({ signal }) => call<Limits>("GET", "/limits", undefined, signal),
    staleTime: MINUTE,
  });

export const useSpace = (enabled = true) =>
  useQuery({
    queryKey: ["space"],
    queryFn: ({ signal }) => call<Space>("GET", "/space", undefined, signal),
    staleTime: 5000,
    enabled,
  });

export const useMirror = () =>
  useQuery({
    queryKey: ["mirror"],
    queryFn: ({ signal }) => call<Mirror>("GET", "/mirror", undefined, signal),
    retry: false,
  });

/** What is on its way for the clients of the mirror; the event stream says when to ask again. */
export const useMirrorFetches = () =>
  useQuery({
    queryKey: ["mirror-fetches"],
    queryFn: ({ signal }) => call<MirrorFetch[]>("GET", "/mirror/fetches", undefined, signal),
    retry: false,
    staleTime: 0,
  });

export const CACHED_PAGE = 50;

export const useCachedImages = (page: number) =>
  useQuery({
    queryKey: ["mirror-images", page],
    queryFn: ({ signal }) =>
      call<MirrorImages>("GET", `/mirror/images?page=${page}&limit=${CACHED_PAGE}`, undefined, signal),
    placeholderData: keepPreviousData,
  });

/** `address`: where the other machine reaches the service; empty for the address of this page. */
export const useClientConfig = (client: Client, address: string) =>
  useQuery({
    queryKey: ["client-config", client, address],
    queryFn: ({ signal }) =>
      call<ClientConfig>(
        "GET",
        `/mirror/config/${client}${address && `?${new URLSearchParams({ address })}`}`,
        undefined,
        signal,
      ),
    placeholderData: keepPreviousData,
    retry: false,
  });

/** The latest requests of clients, asked for each second while a person waits for one. */
export const useClientRequests = (waiting: boolean) =>
  useQuery({
    queryKey: ["client-requests"],
    queryFn: ({ signal }) => call<ClientRequest[]>("GET", "/mirror/clients", undefined, signal),
    enabled: waiting,
    refetchInterval: waiting ? 1000 : false,
    gcTime: 0,
    staleTime: 0,
  });

const rows = <T>(key: string) => ({
  queryKey: [key],
  queryFn: ({ signal }: { signal: AbortSignal }) => call<T[]>("GET", `/${key}`, undefined, signal),
});

export const useSettings = () => useQuery(rows<Setting>("settings"));
export const useUsers = () => useQuery(rows<User>("users"));
export const useCatalogs = () => useQuery(rows<Catalog>("catalogs"));
export const useSessions = () => useQuery({ ...rows<OpenSession>("sessions"), staleTime: 0 });
export const useTokens = () => useQuery(rows<Token>("tokens"));
export const useChannels = () => useQuery(rows<NotificationChannel>("notifications"));
export const useRegistries = () => useQuery(rows<Registry>("registries"));
