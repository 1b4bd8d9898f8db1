import { useEffect, useRef } from "react";

/** Marks a row that scrolls sideways with the sides on which it has more than is seen: `data-more="left right"`. */
export function useMore<T extends HTMLElement>() {
  const ref = useRef<T>(null);
  // At each drawing: what stands in the row may have changed.
  useEffect(() => {
    if (ref.current) mark(ref.current);
  });
  useEffect(() => {
    const row = ref.current;
    if (!row) return;
    const look = () => mark(row);
    row.addEventListener("scroll", look, { passive: true });
    const size = new ResizeObserver(look);
    size.observe(row);
    return () => {
      row.removeEventListener("scroll", look);
      size.disconnect();
    };
  }, []);
  return ref;
}

function mark(row: HTMLElement): void {
  const left = row.scrollLeft > 1;
  const right = row.scrollLeft < row.scrollWidth - row.clientWidth - 1;
  row.dataset.more = [left && "left", right && "right"].filter(Boolean).join(" ");
}
