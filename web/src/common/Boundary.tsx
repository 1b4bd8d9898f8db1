import { Button } from "@mantine/core";
import { IconBug } from "@tabler/icons-react";
import { Component, type ReactNode } from "react";
import { texts } from "../texts";
import { Notice } from "./Notice";

/** Catches what a page did not: the rest of the application stays usable. `page` changes with the address. */
export class Boundary extends Component<{ page: string; children: ReactNode }, { crashed: string | null }> {
  override state = { crashed: null };

  static getDerivedStateFromError() {
    return { crashed: "?" };
  }

  override componentDidCatch() {
    this.setState({ crashed: this.props.page });
  }

  override componentDidUpdate() {
    const { crashed } = this.state;
    if (crashed !== null && crashed !== "?" && crashed !== this.props.page) this.setState({ crashed: null });
  }

  override render() {
    if (this.state.crashed === null) return this.props.children;
    return (
      <Notice icon={<IconBug size={30} />} title={texts.common.crashed} hint={texts.common.crashedHint} bad>
        <Button variant="default" onClick={() => window.location.reload()}>
          {texts.common.reload}
        </Button>
      </Notice>
    );
  }
}
