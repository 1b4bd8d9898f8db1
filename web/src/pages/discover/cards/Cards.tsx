import { useIntersection } from "@mantine/hooks";
import { useEffect, useState } from "react";
import classes from "../Discover.module.css";
import type { Offer } from "../offer";
import { Card } from "./Card";

const STEP = 48;

/** Cards in steps: more are added when the end comes into view. */
export function Cards({ offers, choose }: { offers: readonly Offer[]; choose: (offer: Offer) => void }) {
  const [many, setMany] = useState(STEP);
  const { ref, entry } = useIntersection({ rootMargin: "800px" });
  const near = entry?.isIntersecting ?? false;
  useEffect(() => {
    if (near && many < offers.length) setMany((before) => before + STEP);
  }, [near, many, offers.length]);
  return (
    <>
      <ul className={classes.cards}>
        {offers.slice(0, many).map((offer) => (
          <Card key={offer.key} offer={offer} choose={choose} />
        ))}
      </ul>
      <div ref={ref} key={many} />
    </>
  );
}
