/** A sentence whose commands stand in backticks. */
export function Words({ children }: { children: string }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a fixed sentence
  return children.split("`").map((part, i) => (i % 2 ? <code key={i}>{part}</code> : part));
}
