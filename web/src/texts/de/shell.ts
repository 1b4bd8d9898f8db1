import { count } from "../../format/amounts";
import { plural } from "../../format/plural";
import type { Texts } from "../en";

export const nav: Texts["nav"] = {
  label: "Hauptmenü",
  images: "Images",
  discover: "Entdecken",
  downloads: "Downloads",
  space: "Speicher",
  mirror: "Mirror",
  settings: "Optionen",
  floating: "Menüs und Listen",
  skip: "Zum Inhalt springen",
  logout: "Abmelden",
  free: (free, total) => `${free} von ${total} frei`,
  language: "Sprache",
  theme: { light: "Hell", dark: "Dunkel", auto: "System", label: "Design" },
};

export const keys: Texts["keys"] = {
  title: "Tastenkürzel",
  search: "Überall suchen",
  focus: "Auf dieser Seite suchen",
  help: "Diese Tastenkürzel anzeigen",
  close: "Schließen",
  start: "Images auf diesem Gerät, in den Katalogen und auf Docker Hub suchen",
};

export const common: Texts["common"] = {
  cancel: "Abbrechen",
  close: "Schließen",
  copy: "Kopieren",
  copied: "Kopiert",
  retry: "Erneut versuchen",
  save: "Speichern",
  more: "Mehr",
  loading: "Wird geladen …",
  forMembers: "Das können nur Mitglieder und Administratoren.",
  forAdmins: "Das können nur Administratoren.",
  viewer:
    "Nur Leserechte: Ansehen ist möglich, Herunterladen und Ändern nicht. Eine andere Rolle vergibt der Administrator.",
  clear: "Filter löschen",
  none: "Keine",
  failed: "Etwas ist schiefgegangen",
  noAnswer: "Keine Antwort von Image Depot.",
  answered: (status) => `Der Dienst hat mit ${status} geantwortet.`,
  copyRefused: "Der Browser hat das Kopieren nicht erlaubt.",
  docker: "Docker",
  lxc: "LXC",
  type: "Typ",
  every: "Alle",
  all: (n) => `Alle ${count(n)} anzeigen`,
  images: (n) => plural(n, "Image", "Images"),
  tags: (n) => plural(n, "Tag", "Tags"),
  layers: (n) => plural(n, "Layer", "Layer"),
  notFound: "Seite nicht gefunden",
  notFoundHint: "Vielleicht wurde das Image entfernt, oder die Adresse enthält einen Tippfehler.",
  toImages: "Zu den Images",
  crashed: "Diese Seite funktioniert nicht mehr",
  crashedHint: "Bitte neu laden. Tritt der Fehler wieder auf, bitte melden.",
  unfetched: "Diese Seite konnte nicht geladen werden",
  unfetchedHint: "Sie erscheint, sobald Image Depot wieder da ist.",
  reload: "Neu laden",
};

export const connection: Texts["connection"] = {
  lost: "Image Depot antwortet nicht. Neuer Versuch läuft …",
  lostHint: "Downloads laufen von selbst weiter. Bitte prüfen, ob das Gerät an ist und der Dienst läuft.",
  back: "Wieder verbunden",
  now: "Jetzt versuchen",
};
