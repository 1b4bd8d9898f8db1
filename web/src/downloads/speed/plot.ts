import type { Speeds } from "../store";

export interface Plot {
  line: string;
  area: string;
}

/** SVG paths in a box of 100 by 30, the newest sample at the right. They fill the width as soon as there are `few`. */
export function plot(speeds: Speeds, few = 10): Plot | null {
  if (speeds.length < 2) return null;
  const slots = Math.max(speeds.length, few);
  const top = Math.max(...speeds, 1) * 1.1;
  const step = 100 / (slots - 1);
  const first = 100 - (speeds.length - 1) * step;
  const points = speeds.map((speed, i) => `${round(first + i * step)},${round(30 - (speed / top) * 30)}`);
  const line = `M${points.join("L")}`;
  return { line, area: `${line}L100,30L${round(first)},30Z` };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
