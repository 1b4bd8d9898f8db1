/** Numbers for people: bytes, rates, counts. Sizes are decimal (1 MB = 1,000,000 bytes), as on a disk's label. */

import { locale } from "./language";

// Made once: each costs more than all the text of a line.
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

export function bytes(amount: number | null | undefined): string {
  if (amount === null || amount === undefined || !Number.isFinite(amount) || amount < 0) return "–";
  let value = amount;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const number = unit === 0 || value >= 99.95 ? whole : tenths;
  return `${number.format(value)}\u00a0${UNITS[unit]}`;
}

export function rate(bytesPerSecond: number | null | undefined): string {
  if (bytesPerSecond === null || bytesPerSecond === undefined) return "–";
  return `${bytes(bytesPerSecond)}/s`;
}

export function count(amount: number): string {
  return whole.format(amount);
}

/** 1,234,567 as `1.2M`: for stars and pulls. */
export function compact(amount: number): string {
  return short.format(amount);
}

export function percent(part: number, whole: number): number {
  return whole > 0 ? Math.min(100, Math.max(0, (part / whole) * 100)) : 0;
}
