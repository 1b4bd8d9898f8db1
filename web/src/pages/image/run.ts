/** The command line that starts a container of an image, from what the image says of itself. */

import type { Inspect } from "../../api/rows";
import { type Reference, written } from "../../format/reference";

/** One word for a POSIX shell. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`;
}

/** `jellyfin` of `lscr.io/linuxserver/jellyfin`. */
export function containerName(name: string): string {
  const last = name.split("/").pop() ?? name;
  return last.replace(/[^a-zA-Z0-9_.-]/g, "-").replace(/^[^a-zA-Z0-9]+/, "") || "container";
}

function volumeName(container: string, path: string): string {
  const last = path.split("/").filter(Boolean).pop() ?? "data";
  return `${container}-${last.replace(/[^a-zA-Z0-9_.-]/g, "-")}`;
}

/**
 * A `docker run` line with the image's ports published and its volumes named; a port that needs root on the host moves
 * up by 8000. `from` is the host and name to run it from, when that is not the reference's own.
 */
export function dockerRun(reference: Reference, inspect: Inspect, from?: string): string {
  const container = containerName(reference.name);
  const words = ["docker run -d", `--name ${quoted(container)}`, "--restart unless-stopped"];
  for (const port of Object.keys(inspect.Config?.ExposedPorts ?? {})) {
    const match = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(port);
    if (!match) continue;
    const inner = Number(match[1]);
    const outer = inner < 1024 ? inner + 8000 : inner;
    words.push(`-p ${outer}:${inner}${match[2] && match[2] !== "tcp" ? `/${match[2]}` : ""}`);
  }
  for (const path of Object.keys(inspect.Config?.Volumes ?? {})) {
    words.push(`-v ${quoted(`${volumeName(container, path)}:${path}`)}`);
  }
  words.push(quoted(written({ name: from ?? reference.name, tag: reference.tag })));
  return words.join(" \\\n  ");
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
