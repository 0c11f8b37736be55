import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import * as text from '../text/common';
import { isLeaving, uncopied } from './once';

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'plain';

const MARKS: Readonly<Record<Tone, string>> = { ok: '✓', warn: '!', bad: '✕', info: '•', plain: '–' };

/** A state in words; the colour and the mark only repeat them. */
export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <span class={`badge ${tone}`}>
      <span class="mark" aria-hidden="true">
        {MARKS[tone]}
      </span>
      {children}
    </span>
  );
}

interface ButtonProps {
  readonly children: ComponentChildren;
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  readonly type?: 'button' | 'submit';
  readonly isBusy?: boolean;
  readonly isOff?: boolean;
  readonly label?: string | undefined;
  readonly onClick?: () => void;
}

export function Button({
  children,
  kind = 'plain',
  type = 'button',
  isBusy,
  isOff,
  label,
  onClick,
}: ButtonProps) {
  return (
    <button
      type={type}
      class={`button ${kind}`}
      disabled={isOff === true}
      aria-busy={isBusy === true}
      aria-label={label}
      onClick={() => isBusy !== true && onClick?.()}
    >
      {children}
    </button>
  );
}

/** Progress for what takes longer than people take for immediate. */
export function Loading({ rows = 4 }: { rows?: number | undefined }) {
  return (
    <div class="loading" role="status">
      <span class="unseen">{text.common.loading}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} class="bar" />
      ))}
    </div>
  );
}

export function Empty({
  title,
  hint,
  children,
}: {
  title: string;
  hint?: string | undefined;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <p class="title">{title}</p>
      {hint !== undefined && <p>{hint}</p>}
      {children}
    </div>
  );
}

export function Note({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <div class={`note ${tone}`}>{children}</div>;
}

const DAY_MS = 86_400_000;
const units: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', DAY_MS],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

const TICK_MS = 30_000;
/** About what time it is, so that what is told by how long ago it was stays true while one looks at it. */
const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), TICK_MS);

/** In the viewer's time zone; the exact time on hover. */
export function Time({ at }: { at: string }) {
  const date = new Date(at);
  return (
    <time dateTime={at} title={date.toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' })}>
      {ago(date, now.value)}
    </time>
  );
}

/** To the second, in the viewer's time zone. */
export function Moment({ at }: { at: string }) {
  return (
    <time class="moment" dateTime={at}>
      {new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })}
    </time>
  );
}

function ago(date: Date, from: number): string {
  const passed = date.getTime() - from;
  if (Math.abs(passed) > 7 * DAY_MS) return date.toLocaleDateString(undefined, { dateStyle: 'medium' });
  const [unit, length] = units.find(([, each]) => Math.abs(passed) >= each) ?? ['second', 0];
  const format = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
  return length === 0 ? format.format(0, 'second') : format.format(Math.round(passed / length), unit);
}

/** What matters, and in small letters below it what is known besides. */
export function Stack({ children, fine }: { children: ComponentChildren; fine: ComponentChildren }) {
  return (
    <span class="stack">
      <span>{children}</span>
      <span class="fine">{fine}</span>
    </span>
  );
}

/** When something ends by itself. */
export function Until({ at }: { at: string }) {
  return (
    <>
      {text.common.expires} <Time at={at} />
    </>
  );
}

interface ClientLinkProps {
  readonly client: { readonly id: string; readonly name: string } | null;
}

export function ClientLink({ client }: ClientLinkProps) {
  return client ? <a href={`/clients/${client.id}`}>{client.name}</a> : <>{text.common.none}</>;
}

interface CopyProps {
  readonly value: string;
  readonly label: string;
  /** It is never shown again: nobody leaves it by accident before it is copied. */
  readonly isOnce?: boolean;
}

export function Copy({ value, label, isOnce = false }: CopyProps) {
  const code = useRef<HTMLElement>(null);
  const [says, setSays] = useState(text.common.copy);
  const [isHeld, setHeld] = useState(isOnce);
  useLayoutEffect(() => {
    if (!isHeld) return undefined;
    uncopied.value += 1;
    return () => void (uncopied.value -= 1);
  }, [isHeld]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setSays(text.common.copied);
      setHeld(false);
    } catch {
      if (code.current) getSelection()?.selectAllChildren(code.current);
      setSays(text.common.copyFailed);
    }
  };
  return (
    <div class="copy">
      <code ref={code} onCopy={() => setHeld(false)}>
        {value}
      </code>
      <Button label={`${says} ${label}`} onClick={() => void copy()}>
        {says}
      </Button>
    </div>
  );
}

/** Where what had the focus is gone, the heading of the dialog or of the page gets it. */
export function refocus(): void {
  if (document.activeElement !== document.body) return;
  (document.querySelector<HTMLElement>('dialog[open] h2') ?? document.querySelector('h1'))?.focus();
}

/**
 * A native modal dialog: the browser keeps the focus inside, and gives it back. Without `onClose` nobody can
 * leave it: the Escape key opens it again. So it does, with a question, while a secret in it is not copied.
 */
export function Dialog({
  title,
  children,
  onClose,
}: {
  title: string;
  children: ComponentChildren;
  onClose?: () => void;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const open = () => element.current?.showModal();
  // Before it leaves the page: only then does it give the focus back.
  useLayoutEffect(() => {
    const dialog = element.current;
    open();
    return () => {
      isLeaving.value = false;
      dialog?.close();
      // Its own elements have the focus until they are gone, and nobody has it then.
      queueMicrotask(refocus);
    };
  }, []);
  const onClosed = () => {
    if (!element.current) return;
    isLeaving.value = uncopied.value > 0;
    if (onClose && !isLeaving.value) onClose();
    else open();
  };
  return (
    <dialog ref={element} aria-label={title} onClose={onClosed}>
      <header>
        <h2 tabIndex={-1}>{title}</h2>
        {onClose && (
          <Button kind="quiet" label={text.common.close} onClick={() => element.current?.close()}>
            ✕
          </Button>
        )}
      </header>
      {children}
      {onClose && isLeaving.value && uncopied.value > 0 && (
        <Note tone="warn">
          <p role="alert">{text.common.notCopied}</p>
          <Button onClick={onClose}>{text.common.leave}</Button>
        </Note>
      )}
    </dialog>
  );
}
