import type { StatedLine } from './statement-form';
import type { Stated } from './statement.service';

const HEADER = [
  'statement',
  'status',
  'client',
  'from',
  'to',
  'key source',
  'rate',
  'price per minute',
  'first increment seconds',
  'increment seconds',
  'adjusts',
  'calls',
  'billed seconds',
  'amount',
  'currency',
  'calls of unknown duration',
];

const NUMBER = /^-?\d+(\.\d+)?$/;
/**
 * With one of these at its beginning, a spreadsheet takes a cell for a formula. A cell also begins behind a
 * semicolon where people write commas in numbers, and behind the end of a line where quotes are not read.
 */
const FORMULA = /^(?=[\t\r\n])|(?<=^|[;\t\r\n])(?=[=+\-@\uFF0B\uFF0D\uFF1D\uFF20])/g;
// Without this mark, spreadsheets take UTF-8 for an older encoding.
const BYTE_ORDER_MARK = '\uFEFF';

/** Writes a statement as CSV by RFC 4180, which a spreadsheet opens as it is. It shows no provider cost. */
export function csvOf({ form }: Pick<Stated, 'form'>): string {
  const { number, clientName, from, to, lines } = form;
  const about = [number, number === null ? 'DRAFT' : 'FINAL', clientName, from, to];
  const rows = lines.map((line) => [
    ...[...about, line.keySource, line.rateId, line.pricePerMinute, ...incrementsOf(line), line.adjusts],
    ...[line.calls, line.billedSeconds, line.amount.amount, line.amount.currency, ''],
  ]);
  const totals = [form.total, ...form.otherTotals].map(({ amount, currency }) => [
    ...[...about, 'TOTAL', '', '', '', '', '', '', '', amount, currency, form.callsOfUnknownDuration ?? ''],
  ]);
  const text = [HEADER, ...rows, ...totals].map((row) => row.map(cellOf).join(',')).join('\r\n');
  return `${BYTE_ORDER_MARK}${text}\r\n`;
}

// In one cell, a spreadsheet would take 30/6 for a day of June.
function incrementsOf({ increments }: StatedLine): string[] {
  return increments?.split('/') ?? ['', ''];
}

function cellOf(value: string | number | null): string {
  const text = String(value ?? '');
  // A negative number is no formula, and stays a number.
  const safe = NUMBER.test(text) ? text : text.replace(FORMULA, "'");
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
