/** A process that starts: whether it was told to end, and whether work has to come to its end before. */
export const starting = { isToldToEnd: false, hasWork: false };

/** Whether the process was told to end while it starts. Work that goes on to its end looks at it. */
export function isToldToEnd(): boolean {
  return starting.isToldToEnd;
}

/**
 * Does work which a process that is told to end while it starts goes on with, and ends after it. Where the
 * work fails, the start fails with the reason.
 */
export async function toItsEnd(work: () => Promise<void>): Promise<void> {
  starting.hasWork = true;
  try {
    await work();
  } finally {
    starting.hasWork = false;
  }
  if (isToldToEnd()) process.exit(0);
}
