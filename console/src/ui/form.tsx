import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { Document } from '../api/graphql';
import { reloadAll } from '../api/query';
import { Failure, request } from '../api/request';
import { text } from '../text';
import { Problem } from './page';
import { Button } from './parts';

export interface UserError {
  readonly code: string;
  readonly field: readonly string[] | null;
  readonly message: string;
}

interface Payload {
  readonly userErrors: readonly UserError[];
}

export interface Change {
  readonly isBusy: boolean;
  readonly errors: readonly UserError[];
  readonly failure: Failure | null;
  /** What was changed; null where it was refused or failed, which the form then shows. */
  run<Data, Variables, P extends Payload>(
    document: Document<Data, Variables>,
    variables: Variables,
    payloadOf: (data: Data) => P,
  ): Promise<P | null>;
  forget(): void;
}

/** One change at a time, with what came of it. Afterwards all that is on the screen is asked for again. */
export function useChange(): Change {
  const [isBusy, setBusy] = useState(false);
  const [errors, setErrors] = useState<readonly UserError[]>([]);
  const [failure, setFailure] = useState<Failure | null>(null);
  const forget = () => {
    setErrors([]);
    setFailure(null);
  };
  const run: Change['run'] = async (document, variables, payloadOf) => {
    setBusy(true);
    forget();
    try {
      const payload = payloadOf(await request(document, variables));
      setErrors(payload.userErrors);
      if (payload.userErrors.length > 0) return null;
      await reloadAll();
      return payload;
    } catch (error) {
      setFailure(error as Failure);
      return null;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, errors, failure, run, forget };
}

/** What was refused of one field. */
export function errorOf(errors: readonly UserError[], ...path: string[]): string | undefined {
  return errors.find(({ field }) => field?.slice(-path.length).join() === path.join())?.message;
}

interface FieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  readonly children: (attributes: FieldAttributes) => ComponentChildren;
}

export interface FieldAttributes {
  readonly id: string;
  readonly 'aria-describedby': string;
  readonly 'aria-invalid': boolean;
}

/** A label, what it labels, and beside it what is wrong with it. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-hint ${id}-error`, 'aria-invalid': error !== undefined })}
      <p class="hint" id={`${id}-hint`}>
        {hint}
      </p>
      <p class="error" id={`${id}-error`} role="alert">
        {error}
      </p>
    </div>
  );
}

interface TextFieldProps {
  readonly label: string;
  readonly name: string;
  readonly value?: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  readonly type?: 'text' | 'email' | 'number' | 'tel';
  readonly isOptional?: boolean;
  readonly hasFocus?: boolean;
}

export function TextField(props: TextFieldProps) {
  const { label, hint, error, name, value = '', isOptional, hasFocus } = props;
  // Preact's types list the attributes of each type apart; those that are used here suit all.
  const type = (props.type ?? 'text') as 'text';
  return (
    <Field label={label} hint={hint} error={error}>
      {(attributes) => (
        <input
          {...attributes}
          name={name}
          type={type}
          defaultValue={value}
          required={isOptional !== true}
          autoFocus={hasFocus === true}
          autocomplete="off"
        />
      )}
    </Field>
  );
}

interface SelectProps {
  readonly label: string;
  readonly name: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly value?: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  readonly onChange?: (value: string) => void;
}

export function SelectField({ label, hint, error, options, value, onChange, name }: SelectProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(attributes) => (
        <select {...attributes} name={name} onChange={({ currentTarget }) => onChange?.(currentTarget.value)}>
          {options.map(([each, words]) => (
            <option key={each} value={each} selected={each === value}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface FormProps {
  readonly change: Change;
  readonly submit: string;
  readonly kind?: 'primary' | 'danger';
  readonly children: ComponentChildren;
  readonly isOff?: boolean;
  readonly onSubmit: (values: FormData) => void;
}

/** What was typed stays when the request fails. What was refused and belongs to no field stands above the button. */
export function Form({ change, submit, kind = 'primary', children, isOff, onSubmit }: FormProps) {
  const general = change.errors.filter(({ field }) => field === null || field.length < 2);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!change.isBusy) onSubmit(new FormData(event.currentTarget));
      }}
    >
      {children}
      {general.map(({ message }) => (
        <p key={message} class="error" role="alert">
          {message}
        </p>
      ))}
      {change.failure && <Problem failure={change.failure} />}
      <footer>
        <Button kind={kind} type="submit" isBusy={change.isBusy} isOff={isOff === true}>
          {submit}
        </Button>
      </footer>
    </form>
  );
}

export const textOf = (values: FormData, name: string) => ((values.get(name) as string | null) ?? '').trim();

export const saveLabel = text.common.save;
