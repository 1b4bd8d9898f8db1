import { Button, NumberInput, Select, TextInput } from "@mantine/core";
import { useState } from "react";
import type { PlannedUpdate, Rule, RuleWish } from "../../../api/schema";
import { previewOf, putRule } from "../../../api/updates";
import { Problem } from "../../../common/form/Problem";
import { useSubmit } from "../../../common/form/submit";
import { said } from "../../../common/toast";
import { texts } from "../../../texts";
import classes from "./Updates.module.css";

const words = texts.updates;
const ACTIONS = Object.entries(words.actions).map(([value, label]) => ({ value, label }));
const TEXTS = ["versions", "min_age", "window", "every"] as const;
const FIELDS = {
  versions: { label: words.versions, hint: words.versionsHint },
  min_age: { label: words.minAge, hint: words.minAgeHint },
  window: { label: words.window, hint: words.windowHint },
  every: { label: words.everyField, hint: words.everyHint },
};
const SHOWN = 8;

/** One rule, with a preview of what it would do. */
export function RuleForm({ rule, done }: { rule: Rule | undefined; done: () => void }) {
  const [pattern, setPattern] = useState(rule?.pattern ?? "");
  const [wish, setWish] = useState<Required<RuleWish>>({
    action: rule?.action ?? "notify",
    keep: rule?.keep ?? 0,
    versions: rule?.versions ?? "",
    min_age: rule?.min_age ?? "",
    window: rule?.window ?? "",
    every: rule?.every ?? "1d",
  });
  const [plans, setPlans] = useState<PlannedUpdate[]>();
  const downloads = wish.action === "download";
  const whole = { ...wish, keep: downloads ? wish.keep : 0 };
  const asked = pattern.trim();

  const save = useSubmit(async () => {
    await putRule(asked, whole);
    said(asked, words.saved);
    setPattern("");
    setPlans(undefined);
    done();
  });
  const look = useSubmit(async () => {
    const found = await previewOf({ ...whole, pattern: asked });
    setPlans(found.filter((plan) => plan.rule === asked));
  });

  return (
    <form className={classes.form} onSubmit={save.submit}>
      <TextInput
        label={words.pattern}
        description={words.patternHint}
        placeholder="lscr.io/linuxserver/*"
        autoCapitalize="none"
        spellCheck={false}
        value={pattern}
        onChange={(event) => setPattern(event.currentTarget.value)}
      />
      <Select
        label={words.action}
        description={words.actionHint}
        data={ACTIONS}
        value={wish.action}
        allowDeselect={false}
        onChange={(value) => value && setWish({ ...wish, action: value as RuleWish["action"] & string })}
      />
      {downloads && (
        <NumberInput
          label={words.keepField}
          description={words.keepHint}
          min={0}
          max={50}
          value={wish.keep}
          onChange={(value) => setWish({ ...wish, keep: Number(value) || 0 })}
        />
      )}
      {TEXTS.filter((key) => downloads || (key !== "min_age" && key !== "window")).map((key) => (
        <TextInput
          key={key}
          label={FIELDS[key].label}
          description={FIELDS[key].hint}
          spellCheck={false}
          value={wish[key]}
          onChange={(event) => setWish({ ...wish, [key]: event.currentTarget.value })}
        />
      ))}
      <Problem said={save.problem || look.problem} className={classes.whole} />
      {plans && <Plans plans={plans} />}
      <div className={`${classes.whole} ${classes.buttons}`}>
        <Button type="submit" disabled={asked === ""} loading={save.busy}>
          {words.save}
        </Button>
        <Button
          variant="default"
          disabled={asked === ""}
          loading={look.busy}
          onClick={(event) => void look.submit(event)}
        >
          {words.preview}
        </Button>
      </div>
    </form>
  );
}

function Plans({ plans }: { plans: PlannedUpdate[] }) {
  return (
    <section className={`${classes.whole} ${classes.plans}`} aria-label={words.previewTitle}>
      <strong>{words.previewTitle}</strong>
      {plans.length === 0 && <p>{words.previewEmpty}</p>}
      <ul>
        {plans.slice(0, SHOWN).map((plan) => (
          <li key={`${plan.type} ${plan.name} ${plan.tag}`} className="upstream">
            {plan.text}
          </li>
        ))}
        {plans.length > SHOWN && <li>{texts.remove.more(plans.length - SHOWN)}</li>}
      </ul>
    </section>
  );
}
