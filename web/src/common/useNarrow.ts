import { useMediaQuery } from "@mantine/hooks";

/** Whether the page is as narrow as on a phone, where the style sheets draw it in one column. */
export const useNarrow = (): boolean =>
  useMediaQuery("(max-width: 800px)", undefined, { getInitialValueInEffect: false });
