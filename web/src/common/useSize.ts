import { useLayoutEffect, useRef, useState } from "react";

/**
 * The size of an element in pixels: measured before it is first painted, and again whenever it changes.
 *
 * Mantine's `useElementSize` waits for a frame each time. A page that gets no frames, in the background or on a busy
 * machine, would stay without what depends on the size.
 */
export function useSize<T extends HTMLElement>() {
  const ref = useRef<T>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = () => {
      const { offsetWidth: width, offsetHeight: height } = element;
      setSize((before) => (before.width === width && before.height === height ? before : { width, height }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, ...size };
}
