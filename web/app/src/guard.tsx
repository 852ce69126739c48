// What stands in for a page that can't be shown.
import { Button } from "@fluentui/react-components";
import { Component, type ReactNode } from "react";

import { lastRequest } from "./client/jmap";
import { Refused, textOf } from "./client/problem";
import { t } from "./words";

function Broken({ error }: { error: unknown }) {
  const number = lastRequest();
  return (
    <main className="page broken" id="main" tabIndex={-1}>
      <h1>{t("broken.title")}</h1>
      {error instanceof Refused ? (
        <p>{textOf(error)}</p>
      ) : (
        <p>
          {t("broken.text")}{" "}
          {number !== undefined && t("error.quote", { number })}
        </p>
      )}
      <p>
        <Button appearance="primary" onClick={() => location.reload()}>
          {t("broken.reload")}
        </Button>
      </p>
    </main>
  );
}

interface State {
  readonly error?: unknown;
}

interface GuardProps {
  /** Where one is: at another place it is tried again. */
  readonly at: string;
  readonly children: ReactNode;
}

export class Guard extends Component<GuardProps, State> {
  override state: State = {};

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override componentDidUpdate(before: GuardProps): void {
    if (before.at !== this.props.at && this.state.error !== undefined)
      this.setState({ error: undefined });
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === undefined ? (
      this.props.children
    ) : (
      <Broken error={error} />
    );
  }
}
