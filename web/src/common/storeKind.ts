import { texts } from "../texts";

/** What people call a kind of store; a kind that is not known keeps its own name. */
export const storeKind = (kind: string): string => texts.stores.kinds[kind] ?? kind;
