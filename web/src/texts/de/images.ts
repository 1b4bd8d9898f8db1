import { bytes, count } from "../../format/amounts";
import { plural } from "../../format/plural";
import type { Texts } from "../en";

export const images: Texts["images"] = {
  title: "Images",
  summary: (images, tags) => `${plural(images, "Image", "Images")} · ${plural(tags, "Tag", "Tags")}`,
  filter: "Images filtern",
  sort: "Sortieren nach",
  sorts: { name: "Name", size: "Größe", created: "Alter", installed: "Zuletzt hinzugefügt" },
  table: "Images auf diesem Gerät",
  columns: { name: "Name", tags: "Tags", type: "Typ", size: "Größe", platform: "Plattform", created: "Erstellt" },
  select: (name) => `${name} auswählen`,
  selectAll: "Alle auswählen",
  selected: (n) => `${count(n)} ausgewählt`,
  removeSelected: "Auswahl entfernen",
  clearSelection: "Auswahl aufheben",
  actions: (name) => `Aktionen für ${name}`,
  open: "Details",
  copy: "Referenz kopieren",
  remove: "Entfernen …",
  updateHint: (tag) => `${tag} aktualisieren: Eine neuere Version ist verfügbar.`,
  moreTags: (n) => `+${n}`,
  unverified: "Nicht geprüft",
  unverifiedHint: "Der Server hat für dieses Image keine Prüfsumme angeboten.",
  away: (kind, type) => `${kind} antwortet nicht, deshalb fehlen hier ${type}-Images`,
  empty: "Noch keine Images",
  emptyHint:
    "Das erste findet sich unter Entdecken: empfohlene Apps, offizielle Images von Docker oder ganz Docker Hub.",
  emptyAction: "Images entdecken",
  noMatch: "Kein Image passt",
  noMatchHint: "Weniger Buchstaben versuchen oder den Filter löschen.",
};

export const upload: Texts["upload"] = {
  action: "Archiv hochladen",
  hint: "Was docker save, podman save oder skopeo geschrieben haben: docker-archive oder OCI-Archiv, gepackt oder nicht",
  sending: (percent) => `Wird hochgeladen: ${percent} %`,
  checking: "Das Archiv wird geprüft …",
  done: (images) =>
    images === 1
      ? "1 Image wird geladen, zu sehen unter Downloads"
      : `${count(images)} Images werden geladen, zu sehen unter Downloads`,
  failed: (file) => `${file} wurde nicht geladen`,
};

export const remove: Texts["remove"] = {
  title: (n) => (n === 1 ? "Dieses Image entfernen?" : `${count(n)} Images entfernen?`),
  what: "Entfernt wird:",
  frees: (amount) => `Gibt auf diesem Gerät ${bytes(amount)} frei.`,
  freesNothing: "Gibt keinen Speicherplatz frei: Andere Images verwenden dieselben Layer.",
  freesUnknown: "Wie viel Speicherplatz das freigibt, weiß nur die Engine.",
  kept: (amount) => `${bytes(amount)} bleiben belegt: Andere Images verwenden dieselben Layer.`,
  more: (n) => `und ${count(n)} weitere`,
  hint: "Ein erneuter Download ist jederzeit möglich. Die Daten von Containern bleiben unberührt.",
  action: "Entfernen",
  done: (n) => (n === 1 ? "Image entfernt" : `${count(n)} Images entfernt`),
};
