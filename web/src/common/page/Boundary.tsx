import { Button } from "@mantine/core";
import { IconBug, IconPlugConnectedX } from "@tabler/icons-react";
import { Component, type ReactNode } from "react";
import { texts } from "../../texts";
import { Notice } from "../notes/Notice";

interface Props {
  /** Changes with the address. */
  page: string;
  /** Whether the service answers. */
  live: boolean;
  children: ReactNode;
}

interface State {
  crashed: { page: string; unfetched: boolean } | null;
}

/** Catches what a page did not: the rest of the application stays usable. */
export class Boundary extends Component<Props, State> {
  override state: State = { crashed: null };

  static getDerivedStateFromError(error: unknown): State {
    return { crashed: { page: "", unfetched: isUnfetched(error) } };
  }

  override componentDidCatch(error: unknown) {
    this.setState({ crashed: { page: this.props.page, unfetched: isUnfetched(error) } });
  }

  override componentDidUpdate(before: Props) {
    const { crashed } = this.state;
    if (crashed?.page && crashed.page !== this.props.page) this.setState({ crashed: null });
    // A page whose code did not come is fetched anew with the service's return; browsers remember the failure.
    if (crashed?.unfetched && this.props.live && !before.live) window.location.reload();
  }

  override render() {
    const { crashed } = this.state;
    if (!crashed) return this.props.children;
    const words = texts.common;
    return (
      <Notice
        icon={crashed.unfetched ? <IconPlugConnectedX size={30} /> : <IconBug size={30} />}
        title={crashed.unfetched ? words.unfetched : words.crashed}
        hint={crashed.unfetched ? words.unfetchedHint : words.crashedHint}
        bad
      >
        <Button variant="default" onClick={() => window.location.reload()}>
          {words.reload}
        </Button>
      </Notice>
    );
  }
}

function isUnfetched(error: unknown): boolean {
  return error instanceof Error && /dynamically imported module|importing a module|preload/i.test(error.message);
}
