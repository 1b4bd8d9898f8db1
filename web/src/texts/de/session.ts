import type { Texts } from "../en";

export const login: Texts["login"] = {
  title: "Anmelden",
  username: "Benutzername",
  password: "Passwort",
  action: "Anmelden",
  show: "Passwort anzeigen oder verbergen",
  openid: (name) => `Mit ${name} anmelden`,
  finishing: "Einen Moment …",
  failed: "Anmeldung fehlgeschlagen",
  denied: "Der Identitätsanbieter hat die Anmeldung abgelehnt.",
  nothing: "Der Identitätsanbieter hat keinen Anmeldecode geliefert. Bitte erneut versuchen.",
  again: "Zurück zur Anmeldung",
  forgot: "Passwort vergessen? Auf dem Gerät `imagedepot user passwd NAME` ausführen.",
};

export const ownPassword: Texts["ownPassword"] = {
  action: "Passwort ändern …",
  title: "Passwort ändern",
  current: "Aktuelles Passwort",
  password: "Neues Passwort",
  hint: "Mindestens 8 Zeichen. Alle anderen Sitzungen werden beendet.",
  changed: "Passwort geändert",
};

export const welcome: Texts["welcome"] = {
  title: "Willkommen bei Image Depot",
  lead: "Alle Container-Images an einem Ort: finden, herunterladen und sehen, wie viel Speicherplatz sie belegen.",
  accountTitle: "Passwort festlegen",
  account: "Solange es keinen Administrator gibt, lässt sich Image Depot nur auf diesem Gerät öffnen.",
  reach: "Einen anlegen und dann den Zugriff aus dem Netz erlauben, indem Image Depot so gestartet wird:",
  reachLabel: "Befehl zum Starten",
  reachCommand: "imagedepot serve --listen 0.0.0.0:8080",
  create: "Administrator anlegen",
  created: (name) => `${name} ist jetzt Administrator und angemeldet.`,
  engineTitle: "Wo Images gespeichert werden",
  engine: (kind) => `${kind} läuft auf diesem Gerät. Images dort speichern, damit sie sich sofort starten lassen?`,
  engineUse: (kind) => `${kind} verwenden`,
  engineKeep: "Das lässt sich später in den Einstellungen ändern.",
  skip: "Vorerst überspringen",
  start: "Los geht’s",
  startHint: "Danach: etwas aus dem App Center aussuchen.",
};

export const setup: Texts["setup"] = {
  linked:
    "Image Depot hat noch keinen Benutzer. Den Administrator anlegen, danach ist die Anmeldung von jedem Gerät im Netz möglich.",
  typed:
    "Image Depot hat noch keinen Benutzer. Beim Start wurde ein Link mit einem Einmalcode ausgegeben: den Link öffnen oder den Code eingeben.",
  code: "Einmalcode",
  codeHint: "Er steht im Log des letzten Starts und verfällt, sobald der erste Benutzer angelegt ist.",
};
