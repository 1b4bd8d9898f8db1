import { count } from "./amounts";

/** `1 image`, `3 images`. English and German have the same two forms; a language of more needs `Intl.PluralRules`. */
export const plural = (amount: number, one: string, many: string) => `${count(amount)} ${amount === 1 ? one : many}`;
