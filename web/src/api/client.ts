/** The one way to the REST API: relative to the page's <base>, answers cleaned, errors as one class. */

import { cleaned } from "../format/clean";
import { texts } from "../texts";

/** `/depot/` under a path prefix, else `/`. */
export const base: string =
  typeof document === "undefined" ? "/" : new URL(document.baseURI).pathname.replace(/[^/]*$/, "");

export class ApiError extends Error {
  constructor(
    /** The HTTP status; 0 when no answer came. */
    readonly status: number,
    message: string,
    /** A stable word for programs; "" when no answer came. */
    readonly reason = "",
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** Called on every answer without a session, so that the login page can show itself. */
export const unauthenticated: { report: () => void } = { report: () => {} };

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export function address(path: string): string {
  return `${base}api/v1${path}`;
}

export async function call<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return (await ask<T>(method, path, body, signal)).answer;
}

/** A list, and whether it is from the last time its upstream answered (`Warning: 110`). */
export async function list<T extends object>(path: string, signal?: AbortSignal): Promise<T & { stale: boolean }> {
  const { answer, response } = await ask<T>("GET", path, undefined, signal);
  return { ...answer, stale: response.headers.get("Warning")?.startsWith("110") ?? false };
}

/** An answer, and why it may not be whole (`Warning: 199`); "" for a whole one. */
export async function whole<T extends object>(path: string, signal?: AbortSignal): Promise<T & { gap: string }> {
  const { answer, response } = await ask<T>("GET", path, undefined, signal);
  return { ...answer, gap: cleaned(/^199 \S+ "([^"]*)"/.exec(response.headers.get("Warning") ?? "")?.[1] ?? "") };
}

/** A change that is sent also while the page goes away; nobody is left to hear of its answer. */
export function send(method: Method, path: string): void {
  void fetch(address(path), { method, credentials: "same-origin", keepalive: true }).catch(() => {});
}

async function ask<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal) {
  let response: Response;
  try {
    response = await fetch(address(path), {
      method,
      credentials: "same-origin",
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw noAnswer();
  }
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return { answer: cleaned(answer) as T, response };
  if (response.status === 401 && path !== "/login" && path !== "/system") unauthenticated.report();
  throw refusal(response.status, answer);
}

export const noAnswer = () => new ApiError(0, texts.common.noAnswer);

/** The service's own words for a failure, where its answer has them. */
export function refusal(status: number, answer: unknown): ApiError {
  const reason = textOf(answer, "reason") ?? "";
  const message = textOf(answer, "message") ?? texts.common.answered(status);
  return new ApiError(status, inWords(reason, message), reason);
}

/** A failure in the reader's language, where its reason says all; else in the service's own words. */
export const inWords = (reason: string | null, message: string): string => texts.reasons[reason ?? ""] ?? message;

function textOf(answer: unknown, key: "message" | "reason"): string | null {
  if (answer === null || typeof answer !== "object" || !("error" in answer)) return null;
  const { error } = answer;
  if (error === null || typeof error !== "object") return null;
  const text = (error as Record<string, unknown>)[key];
  return typeof text === "string" ? cleaned(text) : null;
}

/** A name inside a path: every segment encoded, slashes kept. */
export function segments(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}

/** Our cached copy of an icon, or null for anything that is not an address of this service. */
export function iconAddress(url: string | undefined): string | null {
  const path = url?.match(/\/icons\/([A-Za-z0-9._-]+)$/)?.[1];
  return path ? address(`/icons/${path}`) : null;
}
