import { useId } from 'preact/hooks';

/** The month that is on, in the viewer's own time zone, as a field of a form has it: 2026-11. */
export function monthNow(): string {
  const now = new Date();
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}`;
}

/** The first and the last day of a month; null for what is no month. */
export function periodOf(month: string): { readonly from: string; readonly to: string } | null {
  const [, year, number] = /^(\d{4})-(\d{2})$/.exec(month) ?? [];
  if (year === undefined || number === undefined || Number(number) < 1 || Number(number) > 12) return null;
  const last = new Date(Date.UTC(Number(year), Number(number), 0)).getUTCDate();
  return { from: `${month}-01`, to: `${month}-${last}` };
}

interface MonthProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (month: string) => void;
}

export function MonthFilter({ label, value, onChange }: MonthProps) {
  const id = useId();
  return (
    <div class="filter">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="month"
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </div>
  );
}
