import { todayIn } from '../ui/filter';

/** The month that it is in a time zone, as a field of a form has it: 2026-11. */
export const monthIn = (timeZone: string) => todayIn(timeZone).slice(0, 7);

/** The first and the last day of a month; null for what is no month, or none that a statement can be of. */
export function periodOf(month: string): { readonly from: string; readonly to: string } | null {
  const [, year, number] = /^(\d{4})-(\d{2})$/.exec(month) ?? [];
  if (year === undefined || number === undefined || Number(number) < 1 || Number(number) > 12) return null;
  if (month < '1970-02' || month > '9999-11') return null;
  const last = new Date(Date.UTC(Number(year), Number(number), 0)).getUTCDate();
  return { from: `${month}-01`, to: `${month}-${last}` };
}
