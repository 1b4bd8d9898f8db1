/** Images into an engine that runs beside Image Depot. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { failed } from "../common/toast";
import { call, segments } from "./client";
import type { EngineLoad } from "./schema";

const WHILE_LOADING = 500;

/** `begun` is given the id that `useEngineLoad` follows. */
export const useLoadInto = (begun: (id: string) => void) =>
  useMutation({
    mutationFn: ({ name, tag, engine }: { name: string; tag: string; engine: string }) =>
      call<EngineLoad>("POST", `/image/docker/${segments(name)}/${encodeURIComponent(tag)}/load`, { engine }),
    onSuccess: (load) => begun(load.id),
    onError: failed,
  });

export const useStopLoad = () =>
  useMutation({
    mutationFn: (id: string) => call<EngineLoad>("DELETE", `/engine-loads/${encodeURIComponent(id)}`),
    onError: failed,
  });

/** How far it is, until it has ended. */
export const useEngineLoad = (id: string) =>
  useQuery({
    queryKey: ["engine-load", id],
    queryFn: ({ signal }) => call<EngineLoad>("GET", `/engine-loads/${encodeURIComponent(id)}`, undefined, signal),
    enabled: id !== "",
    refetchInterval: ({ state }) => (state.data?.status === "running" ? WHILE_LOADING : false),
    staleTime: 0,
  });
