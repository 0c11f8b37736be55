import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Mutation, Payload, UserError } from '../api/mutation';
import { reloadAll } from '../api/query';
import { request, type Failure } from '../api/request';
import * as text from '../text/common';
import { useFocusOnRefused } from './form';
import { Problem } from './page';
import { Button, Dialog, refocus } from './parts';
import { tell } from './toasts';

/** What leads back from a change; it answers with the words that say so. */
export function wayBack<Input>(mutation: Mutation<Input>, input: Input): () => Promise<string> {
  return async () => {
    const { done } = await request(mutation, { input });
    await reloadAll();
    return done.userErrors[0]?.message ?? text.common.undone;
  };
}

/** What was refused of one field. */
export type ErrorOf = (...path: string[]) => string | undefined;

interface ChangeFormProps<Input, Done extends Payload> {
  readonly mutation: Mutation<Input, Done>;
  readonly inputOf: (values: FormData) => Input;
  /** What happened: words for a message, or what is shown in place of the form. */
  readonly said: (done: Done, input: Input) => string | VNode;
  readonly undo?: () => Promise<string>;
  readonly onDone?: () => void;
  readonly onRefused?: () => void;
  readonly submit?: string;
  readonly kind?: 'primary' | 'danger';
  readonly isOff?: boolean;
  readonly children?: (errorOf: ErrorOf) => ComponentChildren;
}

/**
 * One change, with what came of it. What was typed stays when the request fails. What was refused stands beside
 * the field that it names, which gets the focus, and else above the button.
 */
export function ChangeForm<Input, Done extends Payload>(props: ChangeFormProps<Input, Done>) {
  const {
    mutation,
    inputOf,
    said,
    undo,
    onDone,
    onRefused,
    submit,
    kind = 'primary',
    isOff,
    children,
  } = props;
  const form = useRef<HTMLFormElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [errors, setErrors] = useState<readonly UserError[]>([]);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [shown, setShown] = useState<VNode | null>(null);
  const run = async (values: FormData) => {
    const input = inputOf(values);
    setBusy(true);
    setErrors([]);
    setFailure(null);
    try {
      const { done } = await request(mutation, { input });
      setErrors(done.userErrors);
      if (done.userErrors.length > 0) onRefused?.();
      else {
        const says = said(done, input);
        if (typeof says !== 'string') setShown(says);
        await reloadAll();
        if (typeof says === 'string') {
          tell(says, undo);
          onDone?.();
        }
      }
    } catch (error) {
      const failed = error as Failure;
      if (failed.field) setErrors([{ code: '', field: failed.field, message: failed.message }]);
      else setFailure(failed);
    }
    setBusy(false);
  };
  useFocusOnRefused(form, errors);
  useEffect(() => {
    if (shown) refocus();
  }, [shown]);
  if (shown) return shown;
  const named = new Set<UserError>();
  const errorOf: ErrorOf = (...path) => {
    const error = errors.find(({ field }) => field?.slice(-path.length).join() === path.join());
    if (error) named.add(error);
    return error?.message;
  };
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy) void run(new FormData(event.currentTarget));
      }}
    >
      {children?.(errorOf)}
      <Unnamed errors={errors} named={named} />
      {failure && <Problem failure={failure} />}
      <footer>
        <Button kind={kind} type="submit" isBusy={isBusy} isOff={isOff === true}>
          {submit ?? text.common.save}
        </Button>
      </footer>
    </form>
  );
}

/** A component of its own, and so drawn after all fields, also those of components: what is beside a field is known then. */
export function Unnamed({ errors, named }: { errors: readonly UserError[]; named?: ReadonlySet<UserError> }) {
  return (
    <>
      {errors
        .filter((error) => named?.has(error) !== true)
        .map(({ message }) => (
          <p key={message} class="error" role="alert">
            {message}
          </p>
        ))}
    </>
  );
}

interface ChangeDialogProps<Input, Done extends Payload> extends Omit<
  ChangeFormProps<Input, Done>,
  'onDone'
> {
  readonly title: string;
  readonly onClose: () => void;
}

export function ChangeDialog<Input, Done extends Payload>({
  title,
  onClose,
  ...form
}: ChangeDialogProps<Input, Done>) {
  return (
    <Dialog title={title} onClose={onClose}>
      <ChangeForm {...form} onDone={onClose} />
    </Dialog>
  );
}

interface ChangeButtonProps<Input> {
  readonly label: string;
  readonly name?: string;
  readonly kind?: 'primary' | 'danger';
  readonly mutation: Mutation<Input>;
  readonly input: Input;
  readonly said: string;
  readonly undo?: () => Promise<string>;
  readonly onDone?: () => void;
}

/** A change that asks nothing. */
export function ChangeButton<Input>({
  label,
  name,
  kind,
  mutation,
  input,
  said,
  undo,
  onDone,
}: ChangeButtonProps<Input>) {
  const [isBusy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      const { done } = await request(mutation, { input });
      const [error] = done.userErrors;
      await reloadAll();
      if (!error) onDone?.();
      tell(error?.message ?? said, error ? undefined : undo);
      refocus();
    } catch (error) {
      tell((error as Failure).message);
    }
    setBusy(false);
  };
  return (
    <Button kind={kind ?? 'plain'} label={name} isBusy={isBusy} onClick={() => void run()}>
      {label}
    </Button>
  );
}
