/** Whether an image for one architecture runs on a host of another. */

const SAME: Record<string, string> = {
  x86_64: "amd64",
  "x86-64": "amd64",
  aarch64: "arm64",
  armhf: "arm/v7",
  armv7: "arm/v7",
  armv7l: "arm/v7",
  armel: "arm/v6",
  i386: "386",
  i686: "386",
  x86: "386",
  ppc64el: "ppc64le",
};

// What a host runs besides its own: the 32-bit instructions of the same processor.
const ALSO: Record<string, string[]> = {
  amd64: ["386"],
  "arm/v7": ["arm/v6", "arm"],
  arm64: ["arm/v8"],
};

function architecture(text: string): string {
  const plain = text.toLowerCase().replace(/^linux\//, "");
  const known = SAME[plain] ?? plain;
  return known === "arm64/v8" ? "arm64" : known === "arm" ? "arm/v7" : known;
}

/** `linux/arm64/v8`. An LXC image names its distribution where others name the system, which is Linux there. */
export function platformOf(
  type: "docker" | "lxc",
  { Os, Architecture, Variant }: { Os?: string | null; Architecture?: string | null; Variant?: string | null },
): string {
  return [type === "lxc" && Architecture ? "linux" : Os, Architecture, Variant].filter(Boolean).join("/");
}

/** `arch` as a catalog or a platform list writes it; an unknown one (`""`) is not held against the image. */
export function fits(arch: string | undefined, host: string): boolean {
  if (!arch || arch === "all" || arch === "any") return true;
  if (/^(windows|darwin|freebsd)\//.test(arch)) return false;
  const wanted = architecture(arch);
  const own = architecture(host);
  return wanted === own || (ALSO[own]?.includes(wanted) ?? false);
}
