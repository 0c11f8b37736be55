import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useId } from 'preact/hooks';

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

interface GroupProps {
  readonly legend: string;
  readonly hint?: string;
  readonly error: string | undefined;
  readonly onChange?: (event: Event) => void;
  readonly children: ComponentChildren;
}

/** Fields that belong together, and below them what is wrong with all of them. */
export function Group({ legend, hint, error, onChange, children }: GroupProps) {
  const id = useId();
  return (
    <fieldset aria-describedby={`${id}-error`} data-refused={error !== undefined} onChange={onChange}>
      <legend>{legend}</legend>
      {hint !== undefined && <p class="hint">{hint}</p>}
      {children}
      <p class="error" id={`${id}-error`} role="alert">
        {error}
      </p>
    </fieldset>
  );
}

const REFUSED = '[aria-invalid="true"], [data-refused="true"] :is(input, select, textarea, button)';

/** The first field of which something was refused gets the focus: there one goes on. */
export function useFocusOnRefused(form: RefObject<HTMLFormElement | null>, errors: readonly unknown[]): void {
  useEffect(() => {
    if (errors.length > 0) form.current?.querySelector<HTMLElement>(REFUSED)?.focus();
  }, [errors]);
}

interface TextFieldProps {
  readonly label: string;
  readonly name: string;
  readonly value?: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | undefined;
  readonly type?: 'text' | 'email' | 'number' | 'tel' | 'url' | 'datetime-local';
  readonly isOptional?: boolean;
  readonly hasFocus?: boolean;
  readonly onInput?: (value: string) => void;
  /** What is proposed; anything else can be typed as well. */
  readonly proposed?: readonly (readonly [value: string, label: string])[];
}

export function TextField(props: TextFieldProps) {
  const { label, hint, error, name, value = '', isOptional, hasFocus, onInput, proposed = [] } = props;
  // Preact's types list the attributes of each type apart; those that are used here suit all.
  const type = (props.type ?? 'text') as 'text';
  return (
    <Field label={label} hint={hint} error={error}>
      {(attributes) => (
        <>
          <input
            {...attributes}
            name={name}
            type={type}
            list={proposed.length > 0 ? `${attributes.id}-list` : undefined}
            defaultValue={value}
            required={isOptional !== true}
            // Years of more digits are none that anybody means.
            max={props.type === 'datetime-local' ? '9999-12-30T23:59' : undefined}
            autoFocus={hasFocus === true}
            autocomplete="off"
            onInput={({ currentTarget }) => onInput?.(currentTarget.value)}
          />
          {proposed.length > 0 && (
            <datalist id={`${attributes.id}-list`}>
              {proposed.map(([each, words]) => (
                <option key={each} value={each} label={words} />
              ))}
            </datalist>
          )}
        </>
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
  /** The first option, which is empty, is none to choose. */
  readonly isRequired?: boolean;
}

export function SelectField(props: SelectProps) {
  const { label, hint, error, options, value, onChange, name, isRequired = false } = props;
  return (
    <Field label={label} hint={hint} error={error}>
      {(attributes) => (
        <select
          {...attributes}
          name={name}
          required={isRequired}
          onChange={({ currentTarget }) => onChange?.(currentTarget.value)}
        >
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

export const textOf = (values: FormData, name: string) => ((values.get(name) as string | null) ?? '').trim();
