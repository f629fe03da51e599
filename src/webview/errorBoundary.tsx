import { Component, type ComponentChildren } from "preact";
import { Button } from "./button.tsx";

interface Props {
  readonly children: ComponentChildren;
  readonly onReload: () => void;
}

/** Keeps a mistake in the drawing from taking the whole view: a card, and a way back. */
export class ErrorBoundary extends Component<Props, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false };

  override componentDidCatch(): void {
    this.setState({ hasFailed: true });
  }

  render(): ComponentChildren {
    if (!this.state.hasFailed) return this.props.children;
    const reload = (): void => {
      this.props.onReload();
      this.setState({ hasFailed: false });
    };
    return (
      <main class="crashed">
        <div class="card error-card" role="alert">
          <h1>The view could not draw this conversation.</h1>
          <p class="quiet">The run and the conversation are not affected.</p>
          <div class="buttons">
            <Button kind="primary" label="Reload View" onClick={reload} />
          </div>
        </div>
      </main>
    );
  }
}
