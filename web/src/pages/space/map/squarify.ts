/** Squarified treemaps (Bruls, Huizing, van Wijk 2000): rectangles of given areas, as square as they get. */

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Rectangles for `values` inside `frame`, in the same order; values must not be negative. Order them largest first. */
export function squarify(values: readonly number[], frame: Rect): Rect[] {
  const total = values.reduce((sum, value) => sum + value, 0);
  const none = { x: frame.x, y: frame.y, width: 0, height: 0 };
  if (total <= 0 || frame.width <= 0 || frame.height <= 0) return values.map(() => none);
  const scale = (frame.width * frame.height) / total;
  const areas = values.map((value) => value * scale);
  const rects: Rect[] = [];
  let free = frame;
  let start = 0;
  while (start < areas.length) {
    const side = Math.min(free.width, free.height);
    let end = start + 1;
    let sum = areas[start] ?? 0;
    // A row takes the next area for as long as that makes its worst rectangle squarer.
    while (end < areas.length) {
      const next = sum + (areas[end] ?? 0);
      if (worst(areas, start, end + 1, next, side) > worst(areas, start, end, sum, side)) break;
      sum = next;
      end += 1;
    }
    free = lay(areas.slice(start, end), sum, free, rects);
    start = end;
  }
  return rects;
}

function worst(areas: readonly number[], start: number, end: number, sum: number, side: number): number {
  let largest = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = start; i < end; i++) {
    const area = areas[i] ?? 0;
    largest = Math.max(largest, area);
    smallest = Math.min(smallest, area);
  }
  if (smallest <= 0 || sum <= 0) return Number.POSITIVE_INFINITY;
  return Math.max((side * side * largest) / (sum * sum), (sum * sum) / (side * side * smallest));
}

/** Lays one row along the shorter side of `free` and returns what stays free. */
function lay(row: readonly number[], sum: number, free: Rect, rects: Rect[]): Rect {
  const upright = free.width >= free.height;
  const side = upright ? free.height : free.width;
  const depth = side > 0 ? sum / side : 0;
  let offset = 0;
  for (const area of row) {
    const length = depth > 0 ? area / depth : 0;
    rects.push(
      upright
        ? { x: free.x, y: free.y + offset, width: depth, height: length }
        : { x: free.x + offset, y: free.y, width: length, height: depth },
    );
    offset += length;
  }
  return upright
    ? { x: free.x + depth, y: free.y, width: Math.max(0, free.width - depth), height: free.height }
    : { x: free.x, y: free.y + depth, width: free.width, height: Math.max(0, free.height - depth) };
}
