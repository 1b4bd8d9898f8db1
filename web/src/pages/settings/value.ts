/** What is wrong with the value of a setting, in words for its field. */

import type { Setting } from "../../api/schema";
import { texts } from "../../texts";

const words = texts.settings;

/** Why this text is no number within the setting's bounds; "" for one that is. */
export function wrongNumber(typed: string, { lowest, highest }: Pick<Setting, "lowest" | "highest">): string {
  const least = lowest ?? 0;
  const most = highest ?? Number.MAX_SAFE_INTEGER;
  const number = Number(typed);
  return /^[0-9]+$/.test(typed) && number >= least && number <= most ? "" : words.wrongNumber(least, most);
}

/** The service's reason as a sentence of its own: it begins with the name that stands beside the field already. */
export function atField(message: string, name: string): string {
  const reason = message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
  return reason.charAt(0).toUpperCase() + reason.slice(1) + (/[.!?]$/.test(reason) ? "" : ".");
}
