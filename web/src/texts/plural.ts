import { count } from "../format/amounts";

export const plural = (amount: number, one: string, many: string) => `${count(amount)} ${amount === 1 ? one : many}`;
