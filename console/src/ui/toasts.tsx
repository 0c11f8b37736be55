import { signal } from '@preact/signals';
import { agency, type Failure } from '../api/request';
import * as text from '../text/common';
import { Button } from './parts';

interface Toast {
  readonly id: number;
  /** The agency in which it happened, and outside of which it is neither shown nor taken back. */
  readonly agency: string | null;
  readonly message: string;
  /** The way back, where there is one. */
  readonly undo: (() => Promise<string>) | undefined;
}

const toasts = signal<readonly Toast[]>([]);
const SHOWN_MS = 10_000;
let next = 1;

/** Says what happened. What was said before may not be true any more, and goes. */
export function tell(message: string, undo?: Toast['undo']): void {
  const toast = { id: (next += 1), agency: agency.peek(), message, undo };
  toasts.value = [toast];
  setTimeout(() => dismiss(toast), SHOWN_MS);
}

function dismiss({ id }: Toast): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

async function takeBack(toast: Toast): Promise<void> {
  dismiss(toast);
  tell((await toast.undo?.().catch((error: unknown) => (error as Failure).message)) ?? '');
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value
        .filter((toast) => toast.agency === agency.value)
        .map((toast) => (
          <div key={toast.id} class="toast">
            <span>{toast.message}</span>
            {toast.undo && (
              <Button kind="quiet" onClick={() => void takeBack(toast)}>
                {text.common.undo}
              </Button>
            )}
            <Button kind="quiet" label={text.common.dismiss} onClick={() => dismiss(toast)}>
              ✕
            </Button>
          </div>
        ))}
    </div>
  );
}
