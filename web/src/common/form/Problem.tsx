import { Callout } from "../notes/Callout";

/** Why a form could not be sent, in the service's own words; read out as it comes. */
export function Problem({ said, className }: { said: string; className?: string | undefined }) {
  return (
    <div className={className} role="alert">
      {said && <Callout tone="red">{said}</Callout>}
    </div>
  );
}
