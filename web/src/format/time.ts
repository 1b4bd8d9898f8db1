/** Times and durations for people. */

import { language, locale } from "./language";

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];
const NOW = { en: "just now", de: "gerade eben" };
const DAYS = { en: "days", de: "Tage" };
// Made once: each costs more than all the text of a line.
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "always", style: "long" });
const dateAndTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const hourAndMinute = new Intl.DateTimeFormat(locale, { timeStyle: "short" });

/** `3 days ago`; an empty string for what is unknown, in no known calendar, or the zero time that some builders write. */
export function age(time: string | null | undefined, now: number = Date.now()): string {
  const at = time ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(at) || at < Date.UTC(1990, 0, 1)) return "";
  const seconds = Math.round((at - now) / 1000);
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return NOW[language];
}

/** Date and time in the reader's zone. */
export function moment(time: string | null | undefined): string {
  const at = time ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(at)) return "–";
  return dateAndTime.format(at);
}

/** Whether it is on the reader's present day. */
export function isToday(time: string, now: number = Date.now()): boolean {
  return new Date(time).toDateString() === new Date(now).toDateString();
}

/** The time of day in the reader's zone. */
export function timeOfDay(time: string): string {
  return hourAndMinute.format(Date.parse(time));
}

/** `4 s`, `2 min 5 s`, `1 h 12 min`, from whole seconds. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds) || seconds < 0) return "–";
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600)
    return whole % 60 && whole < 600
      ? `${Math.floor(whole / 60)} min ${whole % 60} s`
      : `${Math.round(whole / 60)} min`;
  if (whole < 172_800) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} ${DAYS[language]}`;
}
