import { useCallback, useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";

/** A word of the page's address, which Back, a reload and a link bring again: the settled value, how it is set, and
 * the value while one types, which reaches the address after `delay` milliseconds without another key. */
export function useAddress<T extends string>(
  key: string,
  usual: T,
  delay = 0,
): [value: T, set: (value: T) => void, typed: T] {
  const [search, setSearch] = useSearchParams();
  const value = (search.get(key) ?? usual) as T;
  const [typed, setTyped] = useState(value);
  const timer = useRef<number>(undefined);
  const last = useRef(value);
  const write = useCallback(
    (next: T) => {
      last.current = next;
      setSearch(
        (before) => {
          const after = new URLSearchParams(before);
          if (next === usual) after.delete(key);
          else after.set(key, next);
          return after;
        },
        { replace: true },
      );
    },
    [key, usual, setSearch],
  );
  // A word that settles later must not undo what was set meanwhile.
  const newest = useRef(write);
  newest.current = write;
  // The address was changed by something else: a link, Back.
  useEffect(() => {
    if (value !== last.current) {
      last.current = value;
      setTyped(value);
    }
  }, [value]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const set = useCallback(
    (next: T) => {
      setTyped(next);
      window.clearTimeout(timer.current);
      if (delay > 0) timer.current = window.setTimeout(() => newest.current(next), delay);
      else write(next);
    },
    [write, delay],
  );
  return [value, set, typed];
}
