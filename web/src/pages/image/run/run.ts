/** The command line that starts a container of an image, from what the image says of itself. */

import type { Inspect } from "../../../api/rows";
import { type Reference, registryOf, written } from "../../../format/names/reference";

/** One word for a POSIX shell. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
}

/** `jellyfin` of `lscr.io/linuxserver/jellyfin`. */
export function containerName(name: string): string {
  const last = name.split("/").pop() ?? name;
  return last.replace(/[^a-zA-Z0-9_.-]/g, "-").replace(/^[^a-zA-Z0-9]+/, "") || "container";
}

/** A volume for each path: named by the last part of the path, or by all of it where paths end alike. */
function named(container: string, paths: readonly string[]): [name: string, path: string][] {
  const short = paths.map((path) => volumeName(container, path.split("/").filter(Boolean).slice(-1)));
  return paths.map((path, at) => {
    const name = short[at] ?? "";
    const isAlone = short.indexOf(name) === short.lastIndexOf(name);
    return [isAlone ? name : volumeName(container, path.split("/").filter(Boolean)), path];
  });
}

const volumeName = (container: string, parts: readonly string[]) =>
  [container, ...(parts.length > 0 ? parts : ["data"])].join("-").replace(/[^a-zA-Z0-9_.-]/g, "-");

/** The ports to publish and the volumes to name that an image declares. A port that needs root on the host moves up by
 * 8000; what is no port and no path is left out. */
function declared(container: string, inspect: Inspect): { ports: string[]; volumes: [name: string, path: string][] } {
  const ports = Object.keys(inspect.Config?.ExposedPorts ?? {}).flatMap((port) => {
    const match = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(port);
    if (!match) return [];
    const inner = Number(match[1]);
    const outer = inner < 1024 ? inner + 8000 : inner;
    return [`${outer}:${inner}${match[2] && match[2] !== "tcp" ? `/${match[2]}` : ""}`];
  });
  return { ports, volumes: named(container, Object.keys(inspect.Config?.Volumes ?? {})) };
}

/**
 * A `docker run` line with the image's ports published and its volumes named. `from` is the host and name to run it
 * from, when that is not the reference's own.
 */
export function dockerRun(reference: Reference, inspect: Inspect, from?: string): string {
  const container = containerName(reference.name);
  const words = ["docker run -d", `--name ${quoted(container)}`, "--restart unless-stopped"];
  const { ports, volumes } = declared(container, inspect);
  words.push(...ports.map((port) => `-p ${port}`));
  words.push(...volumes.map(([name, path]) => `-v ${quoted(`${name}:${path}`)}`));
  words.push(quoted(written({ name: from ?? reference.name, tag: reference.tag })));
  return words.join(" \\\n  ");
}

/** The same as a file for `docker compose up -d`. */
export function composeFile(reference: Reference, inspect: Inspect, from?: string): string {
  const container = containerName(reference.name);
  const { ports, volumes } = declared(container, inspect);
  // A JSON string is one of YAML; Compose puts variables in place of `$`.
  const text = (words: string) => JSON.stringify(words.replaceAll("$", "$$$$"));
  const list = (key: string, items: string[]) =>
    items.length > 0 ? [`    ${key}:`, ...items.map((item) => `      - ${text(item)}`)] : [];
  return [
    "services:",
    `  ${container}:`,
    `    image: ${text(written({ name: from ?? reference.name, tag: reference.tag }))}`,
    "    restart: unless-stopped",
    ...list("ports", ports),
    ...list(
      "volumes",
      volumes.map(([name, path]) => `${name}:${path}`),
    ),
    ...(volumes.length > 0 ? ["volumes:", ...new Set(volumes.map(([name]) => `  ${name}:`))] : []),
  ].join("\n");
}

/** The same as a Quadlet, which makes Podman's container a unit of systemd. */
export function quadlet(reference: Reference, inspect: Inspect, from?: string): string {
  const container = containerName(reference.name);
  const { ports, volumes } = declared(container, inspect);
  // A unit has one line for each value: what a line cannot hold as it is, no container has for a volume.
  const plain = volumes.filter(([, path]) => /^[^\s"'\\\p{Cc}]+$/u.test(path));
  const image = written({ name: from ?? qualified(reference.name), tag: reference.tag });
  return [
    "[Container]",
    `Image=${image}`,
    `ContainerName=${container}`,
    ...ports.map((port) => `PublishPort=${port}`),
    ...plain.map(([name, path]) => `Volume=${name}:${path.replaceAll("%", "%%")}`),
    "",
    "[Service]",
    "Restart=always",
    "",
    "[Install]",
    "WantedBy=default.target",
  ].join("\n");
}

/** With its registry, which Podman otherwise looks for in a list. */
function qualified(name: string): string {
  if (registryOf(name) !== null) return name;
  return `docker.io/${name.includes("/") ? name : `library/${name}`}`;
}

/** How to start an LXC image: with the engine that holds it, else with `lxc-create` from the files of our own store. */
export function lxcLines(name: string, kind: string, files?: { metadata: string; rootfs: string }): string {
  const container = containerName(name.replaceAll("/", "-"));
  if (kind === "incus" || kind === "lxd")
    return `${kind === "incus" ? "incus" : "lxc"} launch ${quoted(name)} ${quoted(container)}`;
  if (!files) return `imagedepot lxc-files ${quoted(name)}`;
  return [
    `lxc-create -n ${quoted(container)} -t local --`,
    `--metadata ${quoted(files.metadata)}`,
    `--fstree ${quoted(files.rootfs)}`,
  ].join(" \\\n  ");
}
