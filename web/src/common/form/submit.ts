/** What a form does when it is sent: its action, busy meanwhile, and the sentence that says why it failed. */

import { type FormEvent, useState } from "react";

export function useSubmit(action: () => Promise<void>) {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await action();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  }

  return { submit, busy, problem };
}
