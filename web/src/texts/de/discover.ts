import { count } from "../../format/amounts";
import { plural } from "../../format/plural";
import type { Texts } from "../en";

export const discover: Texts["discover"] = {
  title: "Entdecken",
  tabs: {
    local: "Auf diesem Gerät",
    appcenter: "App Center",
    official: "Docker Official",
    dockerhub: "Docker Hub",
    reference: "Per Referenz",
  },
  hint: {
    local: "Images auf diesem Gerät.",
    appcenter: "Empfohlene Images aus den Katalogen.",
    official: "Images, die Docker auswählt und aktuell hält.",
    dockerhub: "Alle öffentlichen Images auf Docker Hub durchsuchen.",
    reference: "Jedes Image aus jeder Registry, über seinen Namen.",
  },
  search: "Images suchen",
  categories: "Kategorien",
  order: "Reihenfolge",
  orders: { recommended: "Empfohlen", popular: "Beliebt", name: "A–Z" },
  found: (n) => plural(n, "Image", "Images"),
  stale: "Die Quelle antwortet nicht. Diese Liste stammt aus ihrer letzten Antwort.",
  get: "Herunterladen",
  options: (name) => `Tag und Plattform von ${name}`,
  choose: "Tag wählen",
  installed: "Vorhanden",
  verified: "Verifizierter Anbieter",
  official: "Offiziell",
  stars: (n) => `${n} Sterne`,
  pulls: (n) => `${n} Pulls`,
  foreign: (arch) => `Für ${arch}: läuft nicht auf diesem Gerät`,
  start: "Docker Hub durchsuchen",
  startHint: "Namen, Wörter oder Anbieter: jellyfin, postgres, linuxserver …",
  empty: "Nichts gefunden",
  emptyHint: "Ein anderes Wort versuchen oder ganz Docker Hub durchsuchen.",
  emptyHere: "Kein Image auf diesem Gerät passt.",
  emptyCatalogs: "Kein Katalog enthält Images",
  emptyCatalogsHint: "In den Einstellungen einen Katalog hinzufügen oder die vorhandenen aktualisieren.",
  toCatalogs: "Zu den Katalogen",
  toHub: "Docker Hub durchsuchen",
  started: (name) => `Download von ${name} gestartet`,
  limit: (remaining, limit) => `Noch ${count(remaining)} von ${count(limit)} Pulls auf Docker Hub`,
  limitHint: (resets) =>
    resets
      ? `Zurückgesetzt wird um ${resets}. Die Suche nach Updates zählt nicht.`
      : "Die Suche nach Updates zählt nicht.",
};

export const get: Texts["get"] = {
  title: (name) => `${name} herunterladen`,
  tag: "Tag",
  tagHint: (n) => plural(n, "Tag", "Tags"),
  platform: "Plattform",
  host: (platform) => `${platform} (dieses Gerät)`,
  foreign: (platform) => `${platform} (läuft nicht auf diesem Gerät)`,
  automatic: (host) => `Automatisch (${host})`,
  unfit: (host) =>
    `Dieses Image gibt es nicht für ${host}. Es lässt sich herunterladen, läuft aber nicht auf diesem Gerät.`,
  action: "Herunterladen",
  again: "Nach Updates suchen",
  onHub: "Mehr zu diesem Image auf Docker Hub",
  noTags: "Die Liste der Tags ist nicht verfügbar. Ein Tag lässt sich trotzdem eingeben.",
};

export const app: Texts["app"] = {
  about: "Über diese App",
  name: "Name",
  size: "Größe für dieses Gerät",
  platforms: "Plattformen",
  updated: "Aktualisiert",
  pulls: "Pulls",
  stars: "Sterne",
  project: "Projekt",
  hub: "Docker Hub",
  licence: "Lizenz",
  open: "Öffnen",
  here: "Auf diesem Gerät",
  notYet: "Noch nicht heruntergeladen.",
  notYetDocker: "Noch nicht heruntergeladen. Ports, Volumes und Lizenz werden danach angezeigt.",
};

export const reference: Texts["reference"] = {
  hint: "Einen Namen wie für docker pull eingeben: Registry, Repository, Tag oder Digest.",
  problems: {
    empty: "",
    upper: "Namen von Repositories bestehen aus Kleinbuchstaben.",
    name: "Das ist kein Name eines Repositorys.",
    tag: "Das ist kein Tag.",
    digest: "Ein Digest besteht aus sha256: und 64 Hexadezimalziffern.",
  },
  registry: "Registry",
  repository: "Repository",
  version: "Tag oder Digest",
  hub: "Docker Hub",
  action: "Image suchen",
  examples: "Zum Beispiel",
};
