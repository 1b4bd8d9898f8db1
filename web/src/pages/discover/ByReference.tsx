import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { Found } from "../../api/rows";
import { useThisSystem } from "../../common/session";
import { parse, registryOf } from "../../format/reference";
import { texts } from "../../texts";
import classes from "./Discover.module.css";
import { type Offer, offerOf } from "./offer";

const words = texts.reference;
const EXAMPLES = ["ghcr.io/home-assistant/home-assistant:stable", "quay.io/prometheus/prometheus", "nginx:alpine"];

/** Any image of any registry, by its name. */
export function ByReference({ choose }: { choose: (offer: Offer) => void }) {
  const { platform } = useThisSystem();
  const [typed, setTyped] = useState("");
  const { reference, problem } = parse(typed);
  const host = reference ? registryOf(reference.name) : null;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!reference) return;
    const row: Found = {
      name: reference.name,
      type: "docker",
      from: "dockerhub",
      description: "",
      location: "",
      icon_url: "",
      installed: false,
      downloading: false,
    };
    choose({ ...offerOf(row, platform), key: `reference ${typed}`, tag: reference.tag });
  }

  return (
    <section className={`card ${classes.lookup}`} style={{ padding: 26 }}>
      <form onSubmit={submit}>
        <TextInput
          size="md"
          label={words.label}
          description={words.hint}
          placeholder={words.placeholder}
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          autoFocus
          value={typed}
          error={problem ? words.problems[problem] || undefined : undefined}
          inputWrapperOrder={["label", "description", "input", "error"]}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button size="md" type="submit" disabled={!reference}>
          {words.action}
        </Button>
      </form>
      {reference ? (
        <dl className={classes.parts}>
          <div>
            <dt>{words.registry}</dt>
            <dd className="upstream">{host ?? words.hub}</dd>
          </div>
          <div>
            <dt>{words.repository}</dt>
            <dd className="upstream">{host ? reference.name.slice(host.length + 1) : reference.name}</dd>
          </div>
          <div>
            <dt>{words.version}</dt>
            <dd className="upstream">{reference.tag}</dd>
          </div>
        </dl>
      ) : (
        <div className={classes.chips}>
          <span className={classes.dim}>{words.examples}</span>
          {EXAMPLES.map((example) => (
            <button
              key={example}
              type="button"
              className={`mono ${classes.category}`}
              onClick={() => setTyped(example)}
            >
              {example}
            </button>
          ))}
        </div>
      )}
    </section>
  );
}
