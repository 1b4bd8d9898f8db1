import type { ReactNode } from "react";

/** A line of a list of facts; no line for what is not known. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (!children) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd className="upstream">{children}</dd>
    </>
  );
}
