/** The texts of the web UI in the reader's language. German is fetched by those alone who read it. */

import { language } from "./format/language";
import { en, type Texts } from "./texts/en";

export let texts: Texts = en;

/** Before anything else is loaded. English stays where the other language does not come. */
export async function translate(): Promise<void> {
  if (language !== "de") return;
  try {
    texts = (await import("./texts/de")).de;
  } catch {
    document.documentElement.lang = "en";
  }
}
