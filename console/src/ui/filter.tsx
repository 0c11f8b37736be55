import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import * as text from '../text/common';
import { route, useLocation } from './router';

/** Filters stand in the address, so that what one sees can be sent to somebody. */
export function useFilters<const Name extends string>(path: string, names: readonly Name[]) {
  const { query } = useLocation();
  const values = Object.fromEntries(names.map((name) => [name, query[name] ?? ''])) as Record<Name, string>;
  const addressWith = (change: Partial<Record<Name, string>>) => {
    const chosen = Object.entries<string>({ ...values, ...change }).filter(([, value]) => value !== '');
    return `${path}?${new URLSearchParams(chosen).toString()}`;
  };
  const isOn = Object.values(values).some((value) => value !== '');
  return {
    values,
    isOn,
    addressWith,
    /** What a field that narrows by one of them needs; `change` goes with it. */
    by: (name: Name, change?: Partial<Record<Name, string>>) => ({
      value: values[name],
      // In place of the address before: the way back leads to another page, and not through each key pressed.
      onChange: (chosen: string) => route(addressWith({ ...change, [name]: chosen }), true),
    }),
  };
}

interface FiltersProps {
  readonly path: string;
  readonly isOn: boolean;
  readonly children: ComponentChildren;
}

export function Filters({ path, isOn, children }: FiltersProps) {
  return (
    <div class="filters">
      {children}
      {isOn && (
        <a class="button" href={path}>
          {text.common.showAll}
        </a>
      )}
    </div>
  );
}

interface FilterProps {
  readonly label: string;
  /** The first choice, where it is not all. */
  readonly first?: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly onChange: (value: string) => void;
}

/** Narrows a list; the first choice leaves it as it is. */
export function Filter({ label, first = text.common.all, value, options, onChange }: FilterProps) {
  const id = useId();
  return (
    <div class="filter">
      <label for={id}>{label}</label>
      <select id={id} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        <option value="" selected={value === ''}>
          {first}
        </option>
        {options.map(([each, words]) => (
          <option key={each} value={each} selected={each === value}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

interface DayFiltersProps {
  readonly fields: readonly Omit<FilterProps, 'options' | 'first'>[];
  readonly type?: 'date' | 'month';
  /** Whose days they are. */
  readonly hint: string;
  readonly problem: string | null;
}

/** Days or months, with the time zone that counts, and what is wrong with them. */
export function DayFilters({ fields, type = 'date', hint, problem }: DayFiltersProps) {
  const id = useId();
  return (
    <>
      {fields.map(({ label, value, onChange }) => (
        <div key={label} class="filter">
          <label for={id + label}>{label}</label>
          <input
            id={id + label}
            type={type}
            value={value}
            aria-describedby={`${id}-hint ${id}-error`}
            aria-invalid={problem !== null}
            onChange={({ currentTarget }) => onChange(currentTarget.value)}
          />
        </div>
      ))}
      <p class="hint" id={`${id}-hint`}>
        {hint}
      </p>
      <p class="error" id={`${id}-error`} role="alert">
        {problem}
      </p>
    </>
  );
}

/** The viewer's own time zone. */
export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The day that it is in a time zone: Swedish dates are written as days are in the API. */
export const todayIn = (timeZone: string) => new Date().toLocaleDateString('sv-SE', { timeZone });

// In every time zone a day before or after these is of another year.
const [FIRST_DAY, LAST_DAY] = ['1970-01-02', '9999-12-30'];

/** The time between the beginnings of two days in the viewer's own time zone, or what is wrong with it. */
export function spanOf({ since, until }: { readonly since: string; readonly until: string }) {
  const span = { since: startOf(since), until: startOf(until) };
  const isOutside = [span.since && since, span.until && until].some(
    (day) => day !== null && (day < FIRST_DAY || day > LAST_DAY),
  );
  const isReversed = span.since !== null && span.until !== null && since > until;
  const problem = isOutside ? text.common.daysOutside : isReversed ? text.common.daysReversed : null;
  return { span, problem };
}

/** The beginning of a day; null for none, and for what is no day. */
function startOf(day: string) {
  const start = new Date(`${day}T00:00:00`);
  return Number.isNaN(start.getTime()) ? null : start.toISOString();
}
