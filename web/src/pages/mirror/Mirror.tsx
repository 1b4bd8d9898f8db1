import { PageHead } from "../../common/PageHead";
import { texts } from "../../texts";
import { Machines } from "./Machines";

const words = texts.mirror;

/** How other machines pull through this service. */
export default function Mirror() {
  return (
    <>
      <PageHead title={words.title} hint={words.hint} />
      <Machines />
    </>
  );
}
