import classes from "./Problem.module.css";

/** Why a form could not be sent, in the service's own words; read out as it comes. */
export function Problem({ said, className }: { said: string; className?: string | undefined }) {
  return (
    <div className={className} role="alert">
      {said && <p className={`upstream ${classes.problem}`}>{said}</p>}
    </div>
  );
}
