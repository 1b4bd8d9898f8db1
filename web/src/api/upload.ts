/** A file for the service, with its progress, which `fetch` does not tell. */

import { cleaned } from "../format/clean";
import { ApiError, address, unauthenticated } from "./client";
import type { StartedLoads } from "./schema";

export interface Upload {
  /** The ids of the downloads that the archive brings. */
  done: Promise<string[]>;
  cancel: () => void;
}

/** `progress` is told bytes that have gone out, and how many there are. */
export function upload(file: Blob, progress: (sent: number, total: number) => void): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<string[]>((resolve, reject) => {
    request.open("POST", address("/images/import"));
    request.responseType = "json";
    request.setRequestHeader("Content-Type", "application/x-tar");
    request.upload.onprogress = (event) => progress(event.loaded, event.total);
    request.onload = () => {
      if (request.status === 200) resolve((cleaned(request.response) as StartedLoads).downloads);
      else reject(refusal(request.status, request.response));
    };
    request.onerror = () => reject(new ApiError(0, "No answer from Image Depot."));
    request.onabort = () => reject(new ApiError(0, "", "cancelled"));
    request.send(file);
  });
  return { done, cancel: () => request.abort() };
}

function refusal(status: number, answer: unknown): ApiError {
  if (status === 401) unauthenticated.tell();
  const { error } = (cleaned(answer) ?? {}) as { error?: { message?: string; reason?: string } };
  return new ApiError(status, error?.message ?? `The service answered ${status}.`, error?.reason ?? "");
}
