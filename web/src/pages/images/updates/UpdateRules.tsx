import { ActionIcon } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { Rule } from "../../../api/schema";
import { useRemoveRule, useRules } from "../../../api/updates";
import { Chip } from "../../../common/marks/Chip";
import { Failure } from "../../../common/notes/Failure";
import { Section } from "../../../common/page/Section";
import { useIsAdmin } from "../../../common/session";
import { texts } from "../../../texts";
import { RuleForm } from "./RuleForm";
import classes from "./Updates.module.css";

const words = texts.updates;

/** The rules, and one of them in a form. */
export default function UpdateRules() {
  const { data, error, refetch } = useRules();
  const [edited, setEdited] = useState<Rule>();
  const admin = useIsAdmin();
  return (
    <Section title={words.rules} hint={words.rulesHint}>
      {error && <Failure error={error} again={() => void refetch()} />}
      <ul className={classes.rules}>
        {data?.results.map((rule) => (
          <RuleLine key={rule.pattern} rule={rule} edit={() => setEdited(rule)} admin={admin} />
        ))}
      </ul>
      {admin ? (
        <RuleForm key={edited?.pattern ?? ""} rule={edited} done={() => setEdited(undefined)} />
      ) : (
        <p className={classes.quiet}>{words.forAdmins}</p>
      )}
    </Section>
  );
}

function RuleLine({ rule, edit, admin }: { rule: Rule; edit: () => void; admin: boolean }) {
  const remove = useRemoveRule();
  const more = [
    rule.versions,
    rule.keep > 0 && words.keep(rule.keep),
    rule.min_age && words.age(rule.min_age),
    rule.window,
    rule.action !== "off" && words.every(rule.every),
  ].filter(Boolean);
  return (
    <li>
      <strong className="upstream">{rule.pattern === "*" ? words.everythingElse : rule.pattern}</strong>
      <Chip tone={rule.action === "download" ? "accent" : "plain"}>{words.actions[rule.action]}</Chip>
      <span className={classes.quiet}>{more.join(" · ")}</span>
      {admin && (
        <span className={classes.tools}>
          <ActionIcon variant="subtle" color="gray" aria-label={words.edit(rule.pattern)} onClick={edit}>
            <IconPencil size={17} />
          </ActionIcon>
          {rule.is_set && (
            <ActionIcon
              variant="subtle"
              color="red"
              aria-label={words.remove(rule.pattern)}
              loading={remove.isPending}
              onClick={() => remove.mutate(rule.pattern)}
            >
              <IconTrash size={17} />
            </ActionIcon>
          )}
        </span>
      )}
    </li>
  );
}
