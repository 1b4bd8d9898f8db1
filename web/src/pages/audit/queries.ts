/** The audit trail, page by page. */

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { call } from "../../api/client";
import type { AuditEntry } from "../../api/schema";
import { type Filters, nextPage, queryOf } from "./filters";

const PAGE = 100;

export const useAudit = (filters: Filters) =>
  useInfiniteQuery({
    queryKey: ["audit", queryOf(filters)],
    queryFn: ({ pageParam, signal }) => {
      const query = [queryOf(filters), `limit=${PAGE}`, pageParam && `before=${pageParam}`].filter(Boolean).join("&");
      return call<AuditEntry[]>("GET", `/audit?${query}`, undefined, signal);
    },
    initialPageParam: "",
    getNextPageParam: (last) => nextPage(last, PAGE),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
