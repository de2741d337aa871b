import { Component, type ErrorInfo, type ReactNode } from 'react';
import { Button } from '../controls/button.tsx';
import { text } from '../text/en.ts';

interface State {
  error: Error | null;
}

/** Shows what broke instead of an empty window. The queue itself runs in the engine and goes on. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidCatch(error: unknown, info: ErrorInfo): void {
    console.error(error, info.componentStack);
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <div role="alert" className="flex h-full flex-col items-center justify-center gap-3 p-8 text-center">
        <h1 className="text-lg font-semibold">{text.broken.title}</h1>
        <p className="max-w-md text-ink-2">{text.broken.body}</p>
        <pre className="max-h-40 max-w-xl overflow-auto rounded-md bg-sunken p-3 text-left font-mono text-xs whitespace-pre-wrap text-ink-2">
          {error.message}
        </pre>
        <Button look="primary" onClick={() => window.location.reload()}>
          {text.broken.reload}
        </Button>
      </div>
    );
  }
}
