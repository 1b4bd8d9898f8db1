import { useNarrow } from "../common/useNarrow";
import { middle } from "../format/names/middle";

/** The name as a row shows it: on a phone, one line beside a sentence of its own, and two without one. */
export function useRowName(name: string, sentence: string | null): string {
  const narrow = useNarrow();
  return narrow ? middle(name, sentence ? 30 : 56) : name;
}
