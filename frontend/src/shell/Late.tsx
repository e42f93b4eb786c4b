import { Button } from "@mantine/core";
import { Component, type ComponentType, lazy, type ReactNode, Suspense } from "react";
import { messageOf } from "../api/client";
import { Message } from "./Message";
import { persistently } from "./persistently";

/** A component that is fetched when it is first shown, and again while the server is away. */
export function late<P>(load: () => Promise<ComponentType<P>>) {
  return lazy(() => persistently(load).then((component) => ({ default: component })));
}

interface LateProps {
  children: ReactNode;
  /** What stands there meanwhile. */
  fallback?: ReactNode;
}

/** Around parts that are fetched late: where one cannot be had, the rest of the page stays as it is. */
export class Late extends Component<LateProps, { failure: unknown }> {
  state: { failure: unknown } = { failure: null };

  static getDerivedStateFromError(failure: unknown) {
    return { failure };
  }

  render() {
    if (this.state.failure) return <PartFailed failure={this.state.failure} />;
    return <Suspense fallback={this.props.fallback}>{this.props.children}</Suspense>;
  }
}

interface PartFailedProps {
  failure: unknown;
  title?: string;
  actions?: ReactNode;
}

/** In place of what could not be loaded, or not be drawn. */
export function PartFailed({ failure, title = "This part could not be shown", actions }: PartFailedProps) {
  return (
    <Message
      title={title}
      tone="danger"
      actions={
        <>
          <Button onClick={() => window.location.reload()}>Reload</Button>
          {actions}
        </>
      }
    >
      {messageOf(failure)} Runs go on all the same; reload the page to see it.
    </Message>
  );
}
