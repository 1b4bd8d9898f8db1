/** Repositories that were pushed here stand below a host of their own, which people need not see. */

import { registryOf } from "./reference";

const OWN = "depot.internal/";

export const isOwn = (name: string): boolean => name.startsWith(OWN);

/** The name as people know it: `team/app` of `depot.internal/team/app`. */
export const shown = (name: string): string => (isOwn(name) ? name.slice(OWN.length) : name);

/** Where `/v2/` serves a repository, below the host of this page; null for a registry that it does not pass on. */
export function servedAs(name: string, upstreams: readonly { host: string; alias: string }[]): string | null {
  if (isOwn(name)) return shown(name);
  const registry = registryOf(name);
  if (registry === null) return name;
  const upstream = upstreams.find(({ host }) => host === registry);
  return upstream ? upstream.alias + name.slice(registry.length) : null;
}

/** What other machines take for the name: below the host of this page for what was pushed here. */
export const pullable = (name: string): string => (isOwn(name) ? `${window.location.host}/${shown(name)}` : name);
