import { describe, expect, it } from "vitest";
import { de } from "./de";
import { en } from "./en";

/** Terms that are the same in both languages. A text may be the same where it has no other word. */
const TERMS = new Set(
  `Administrator App Apprise Assistant BuildKit Buildah CRI CSV Cache Catalog Center Compose Container Containerd Depot
  Details Digest Docker Downloads E Engine Home Hub Image Images In Incus JSON K3s Kubernetes LXC LXD Labels Layer MQTT Mail
  Mirror Name Nerdctl Ntfy O Official Podman Ports Pulls Qx Quadlet Registries Registry Repositories Repository Run Skopeo
  Station System Tag Tags Updates Version Volumes Webhook Zy`
    .split(/\s+/)
    .map((word) => word.toLowerCase()),
);
/** What programs read: addresses, commands, settings. */
const FOR_PROGRAMS =
  /(?:https?|smtp|mqtt|tgram):\/\/\S+|\S+\.lan\S*|k3s|docker(?:\.io| buildx)|ghcr\.io|imagedepot serve .*|[A-Z]–[A-Z]/g;

const isTerm = (text: string) =>
  (text.replace(FOR_PROGRAMS, "").match(/\p{L}+/gu) ?? []).every((word) => TERMS.has(word.toLowerCase()));

type Leaf = { path: string; english: string; german: string };

function said(text: unknown): string {
  if (typeof text !== "function") return String(text);
  for (const given of [
    [2, 3],
    ["Qx", "Zy"],
    [["Qx"], "Zy"],
  ]) {
    try {
      return String(text(...given));
    } catch {
      // Its arguments are of another kind.
    }
  }
  throw new Error("takes none of these arguments");
}

function* leaves(english: object, german: object, path: string): Generator<Leaf> {
  for (const [key, value] of Object.entries(english)) {
    const other = (german as Record<string, unknown>)[key];
    const here = `${path}${key}`;
    if (typeof value === "object") yield* leaves(value, other as object, `${here}.`);
    else yield { path: here, english: said(value), german: said(other) };
  }
}

const all = [...leaves(en, de, "")];

describe("German", () => {
  it("leaves no English text by accident", () => {
    const left = all.filter(({ english, german }) => english === german && !isTerm(english));
    expect(left.map(({ path, english }) => `${path}: ${english}`)).toEqual([]);
  });
  it("says something wherever English does", () => {
    expect(all.filter(({ english, german }) => !english !== !german).map(({ path }) => path)).toEqual([]);
  });
  it("keeps what a sentence is about", () => {
    const lost = all.filter(({ english, german }) =>
      ["Qx", "Zy"].some((given) => english.includes(given) && !german.includes(given)),
    );
    expect(lost.map(({ path }) => path)).toEqual([]);
  });
  it("uses the words of the field, and addresses nobody", () => {
    const wrong = all.filter(({ german }) =>
      /\bAbbild|\b(?:du|dein|deine|dich|dir|Ihnen)\b|[\p{L},] (?:Sie|Ihr|Ihre)\b/u.test(german),
    );
    expect(wrong.map(({ path, german }) => `${path}: ${german}`)).toEqual([]);
  });
});
