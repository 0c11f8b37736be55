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

export function DateFilter({ label, value, onChange }: Omit<FilterProps, 'options' | 'first'>) {
  const id = useId();
  return (
    <div class="filter">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="date"
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </div>
  );
}

/** The beginning of a day in the viewer's own time zone; null for none, and for what is no day. */
export function startOf(day: string) {
  const start = new Date(`${day}T00:00:00`);
  return Number.isNaN(start.getTime()) ? null : start.toISOString();
}
