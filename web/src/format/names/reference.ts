/** References as people type them: `[host[:port]/]repository[:tag][@digest]`, after the distribution grammar. */

export interface Reference {
  /** What the API calls the name: the familiar repository, registry host kept. */
  name: string;
  /** A tag, or a digest (`sha256:…`). */
  tag: string;
}

const HOST =
  /^(?=.{1,255}$)(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::\d{1,5})?$/;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/;

export type Parsed = { reference: Reference; problem?: undefined } | { reference?: undefined; problem: Problem };
export type Problem = "empty" | "upper" | "name" | "tag" | "digest";

export function parse(text: string): Parsed {
  let rest = unpasted(text);
  if (!rest) return { problem: "empty" };
  let tag = "latest";
  const at = rest.indexOf("@");
  if (at >= 0) {
    tag = rest.slice(at + 1);
    rest = rest.slice(0, at);
    if (!DIGEST.test(tag)) return { problem: "digest" };
  }
  const colon = rest.lastIndexOf(":");
  if (colon > rest.lastIndexOf("/")) {
    const given = rest.slice(colon + 1);
    rest = rest.slice(0, colon);
    if (!TAG.test(given)) return { problem: "tag" };
    if (at < 0) tag = given;
  }
  const parts = rest.split("/");
  const host = hostOf(parts);
  const components = host === null ? parts : parts.slice(1);
  if (components.some((part) => !COMPONENT.test(part)) || rest.length > 255) {
    return { problem: components.some((part) => /[A-Z]/.test(part)) ? "upper" : "name" };
  }
  return { reference: { name: familiar(host, components), tag } };
}

/** What a pasted command, address or page of a web site stands for; as `model/names/pasted.py` of the service reads them. */
function unpasted(text: string): string {
  const plain = text.trim().replace(/^(?:[$#] +)?(?:sudo +)?(?:docker|podman) +(?:image +)?pull +|^docker:\/\//, "");
  const address = plain.replace(/^https?:\/\//i, "");
  for (const [page, name] of PAGES) {
    const match = page.exec(address);
    if (match) return name(...match.slice(1).map((part) => part ?? ""));
  }
  return address === plain ? plain : address.replace(/[?#].*$/, "").replace(/\/+$/, "");
}

const END = "(?:[/?#].*)?$";
const PAGES: [RegExp, (...parts: string[]) => string][] = [
  [new RegExp(`^hub\\.docker\\.com/_/([^/?#]+)${END}`, "i"), (name) => name],
  [new RegExp(`^hub\\.docker\\.com/(?:r|repository/docker)/([^/?#]+/[^/?#]+)${END}`, "i"), (name) => name],
  [
    new RegExp(`^hub\\.docker\\.com/layers/([^/?#]+/[^/?#]+)/([^/?#]+)${END}`, "i"),
    (name, version) => `${name}:${version}`,
  ],
  [
    new RegExp(`^github\\.com/([^/]+)/[^/]+/pkgs/container/([^/?#]+)${END}`, "i"),
    (owner, name) => `ghcr.io/${owner}/${decoded(name)}`.toLowerCase(),
  ],
  [
    new RegExp(`^github\\.com/(?:orgs|users)/([^/]+)/packages/container/[^/]+/([^/?#]+)${END}`, "i"),
    (owner, name) => `ghcr.io/${owner}/${decoded(name)}`.toLowerCase(),
  ],
  [new RegExp(`^quay\\.io/repository/([^/?#]+/[^/?#]+)${END}`, "i"), (name) => `quay.io/${name}`],
];

function decoded(part: string): string {
  return part.replace(/%2f/gi, "/");
}

/** The registry host in front, or null: a first part with a dot, a colon, an upper-case letter, or `localhost`. */
function hostOf(parts: string[]): string | null {
  const [first] = parts;
  if (first === undefined || parts.length < 2) return null;
  return (/[.:A-Z]/.test(first) || first === "localhost") && HOST.test(first) ? first : null;
}

function familiar(host: string | null, components: string[]): string {
  const path = components.join("/");
  if (host === null || host === "docker.io" || host === "index.docker.io")
    return path.replace(/^library\/(?=[^/]+$)/, "");
  return `${host}/${path}`;
}

/** The short form for people: `redis:7`, `redis@sha256:…`. */
export function written({ name, tag }: Reference): string {
  return `${name}${tag.startsWith("sha256:") || tag.startsWith("sha512:") ? "@" : ":"}${tag}`;
}

/** `quay.io` of `quay.io/a/b`, null for Docker Hub's names. */
export function registryOf(name: string): string | null {
  return hostOf(name.split("/"));
}

/** A catalog row's docker name may carry its tag: `ubuntu:14.04`. */
export function split(name: string, otherwise = "latest"): Reference {
  const colon = name.lastIndexOf(":");
  return colon > name.lastIndexOf("/")
    ? { name: name.slice(0, colon), tag: name.slice(colon + 1) }
    : { name, tag: otherwise };
}

/** The first twelve hex digits, as every tool of the field shows a digest. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha\d+:/, "").slice(0, 12);
}
