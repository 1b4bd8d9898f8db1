/** A file for the service, with its progress, which `fetch` does not report. */

import { cleaned } from "../format/clean";
import { ApiError, address, noAnswer, refusal, unauthenticated } from "./client";
import type { StartedLoads } from "./schema";

export interface Upload {
  /** The ids of the downloads that the archive brings. */
  done: Promise<string[]>;
  cancel: () => void;
}

/** `progress` is called with the bytes that have gone out, and how many there are. */
export function upload(file: Blob, progress: (sent: number, total: number) => void): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<string[]>((resolve, reject) => {
    request.open("POST", address("/images/import"));
    request.responseType = "json";
    request.setRequestHeader("Content-Type", "application/x-tar");
    request.upload.onprogress = (event) => progress(event.loaded, event.total);
    request.onload = () => {
      if (request.status === 401) unauthenticated.report();
      const answer = cleaned(request.response) as StartedLoads | null;
      if (request.status === 200 && answer) resolve(answer.downloads);
      else reject(refusal(request.status, request.response));
    };
    request.onerror = () => reject(noAnswer());
    request.onabort = () => reject(new ApiError(0, "", "cancelled"));
    request.send(file);
  });
  return { done, cancel: () => request.abort() };
}
