/** A place that broke says so and offers ways on; the session lives outside of React and is untouched. */
import { Component, type ErrorInfo, type ReactNode } from "react";
import { useSession } from "../state/session-store.ts";
import { Button } from "../widgets/button.tsx";
import "./error-boundary.css";

interface BoundaryProps {
  /** The place's name in the message. */
  readonly place: string;
  readonly children: ReactNode;
}

interface BoundaryState {
  readonly error: Error | null;
}

export class ErrorBoundary extends Component<BoundaryProps, BoundaryState> {
  override readonly state: BoundaryState = { error: null };
  private stop: (() => void) | undefined;

  static getDerivedStateFromError(error: unknown): BoundaryState {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error(`${this.props.place} failed`, error, info.componentStack);
    // Another step may well be drawable again.
    this.stop?.();
    this.stop = useSession.subscribe(() => this.retry());
  }

  override componentWillUnmount(): void {
    this.stop?.();
  }

  private readonly retry = (): void => {
    this.stop?.();
    this.stop = undefined;
    this.setState({ error: null });
  };

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <div className="broken" role="alert">
        <p className="broken-title">{this.props.place} could not be drawn.</p>
        <p className="broken-text">
          The session is safe: every step is kept, and the Script tab has it as text. Another step, or another
          try, may draw again.
        </p>
        <pre className="broken-detail">{error.message}</pre>
        <div className="broken-actions">
          <Button onClick={this.retry}>Try again</Button>
          <Button onClick={() => void navigator.clipboard.writeText(useSession.getState().session.script())}>
            Copy the script so far
          </Button>
        </div>
      </div>
    );
  }
}
