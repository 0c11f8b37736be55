import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Mutation, Payload, UserError } from '../api/mutation';
import { reloadAll } from '../api/query';
import { request, type Failure } from '../api/request';
import * as text from '../text/common';
import { Field } from '../ui/form';
import { Problem } from '../ui/page';
import { Button, Dialog } from '../ui/parts';
import { tell } from '../ui/toasts';
import { sealed, type Key, type Owner, type Provider } from './operations';

interface SealedDialogProps<Input, Done extends Payload> {
  readonly title: string;
  readonly submit: string;
  /** Of the field in which the secret is typed. */
  readonly label: string;
  readonly placeholder: string;
  readonly owner: Owner;
  readonly provider: Provider;
  readonly regionOf: (values: FormData) => Key['region'];
  readonly mutation: Mutation<Input, Done>;
  readonly inputOf: (sealed: string, region: Key['region']) => Input;
  readonly said: (done: Done) => string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** One secret, write-only: it is sealed here, and no field keeps it, whatever came of it. */
export function SealedDialog<Input, Done extends Payload>(props: SealedDialogProps<Input, Done>) {
  const { owner, provider, regionOf, mutation, inputOf, said, onClose } = props;
  const input = useRef<HTMLInputElement>(null);
  const [round, setRound] = useState(0);
  const [isBusy, setBusy] = useState(false);
  const [refused, setRefused] = useState<UserError | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  useEffect(() => {
    if (round > 0) input.current?.focus();
  }, [round]);
  const send = async (field: HTMLInputElement, region: Key['region']) => {
    setBusy(true);
    setFailure(null);
    setRefused(null);
    try {
      const secret = await sealed(field, owner, { provider, region });
      const { done } = await request(mutation, { input: inputOf(secret, region) });
      const [error] = done.userErrors;
      if (error) setRefused(error);
      else {
        tell(said(done));
        onClose();
        await reloadAll();
      }
    } catch (error) {
      setFailure(error as Failure);
    }
    // A new field: the old one, and what undo remembers of it, keeps nothing.
    setRound((number) => number + 1);
    setBusy(false);
  };
  return (
    <Dialog title={props.title} onClose={onClose}>
      <form
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          if (input.current && !isBusy) void send(input.current, regionOf(new FormData(event.currentTarget)));
        }}
      >
        {props.children}
        <Field
          label={props.label}
          error={refused?.message}
          hint={refused || failure ? text.common.dropped : undefined}
        >
          {(attributes) => (
            <input
              {...attributes}
              key={round}
              ref={input}
              class="secret"
              type="text"
              placeholder={props.placeholder}
              autocomplete="off"
              autoCapitalize="none"
              spellcheck={false}
              required
            />
          )}
        </Field>
        {failure && <Problem failure={failure} />}
        <footer>
          <Button kind="primary" type="submit" isBusy={isBusy}>
            {props.submit}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
