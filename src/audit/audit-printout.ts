import type { AuditPrintout, AuditReport, UnchainedEvents } from './audit-verifier';

const LINE = /^agency (\S+): .*; the last is (\d+) ([0-9a-f]{64})$/;

/**
 * What `audit:verify` prints about an agency. If it is kept elsewhere, it proves later that the last event
 * was there.
 */
export function printed({ agencyId, events, end, unchained, faults }: AuditReport): string[] {
  const verdict = faults.length === 0 ? 'all as they were written' : 'NOT AS THEY WERE WRITTEN';
  const last = end ? `; the last is ${end.sequence} ${end.hash}` : '';
  return [
    `agency ${agencyId}: ${events} events, ${verdict}${notChained(unchained)}${last}`,
    ...faults.map((fault) => `  ${fault}`),
  ];
}

function notChained(unchained: UnchainedEvents | null): string {
  if (!unchained) return '';
  const { count, oldestAgeMs, youngestAgeMs } = unchained;
  return `; ${count} not chained yet, the youngest ${seconds(youngestAgeMs)} and the oldest ${seconds(oldestAgeMs)} old`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** Reads what was printed, and ignores all other lines. */
export function readPrintout(text: string): AuditPrintout {
  const lines = text.split(/\r?\n/).map((line) => LINE.exec(line.trimEnd()));
  return new Map(
    lines
      .filter((found) => found !== null)
      .map(([, id = '', sequence, hash = '']) => [id, { sequence: Number(sequence), hash }]),
  );
}
