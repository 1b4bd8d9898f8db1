import type { Texts } from "../en";

/** Only where the reason says all: elsewhere the service's English sentence names the thing, and stays. */
export const reasons: Texts["reasons"] = {
  cancelled: "Abgebrochen.",
  connection_broken: "Die Verbindung ist mittendrin abgebrochen.",
  data_folder_busy: "Ein anderer Prozess verwendet den Datenordner.",
  database_unavailable: "Die Datenbank antwortet nicht.",
  digest_mismatch: "Die empfangenen Daten entsprechen nicht ihrer Prüfsumme.",
  image_not_found: "Das Image ist nicht auf diesem Gerät.",
  internal_error: "Ein Fehler im Dienst. Mehr steht in seinem Log.",
  not_an_image: "Das ist kein Container-Image.",
  rate_limited: "Die Registry begrenzt zurzeit die Anzahl der Anfragen.",
  storage_unavailable: "Der Speicher der Layer antwortet nicht.",
  timed_out: "Keine Antwort innerhalb der Wartezeit.",
  too_many_logins: "Zu viele fehlgeschlagene Anmeldungen. Bitte etwas später erneut versuchen.",
  upstream_denied: "Die Registry verlangt eine Anmeldung oder lehnt die vorhandene ab.",
  upstream_not_found: "Dort gibt es das nicht, oder nur nach einer Anmeldung.",
};
