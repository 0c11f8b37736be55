import type { AuditPrintout, AuditReport } from './audit-verifier';

const LINE = /^agency (\S+): .*; the last is (\d+) ([0-9a-f]{64})$/;

/**
 * What `audit:verify` prints about an agency. If it is kept elsewhere, it proves later that the last event
 * was there.
 */
export function printed({ agencyId, events, end, faults }: AuditReport): string[] {
  const verdict = faults.length === 0 ? 'all as they were written' : 'NOT AS THEY WERE WRITTEN';
  const last = end ? `; the last is ${end.sequence} ${end.hash}` : '';
  return [`agency ${agencyId}: ${events} events, ${verdict}${last}`, ...faults.map((fault) => `  ${fault}`)];
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
