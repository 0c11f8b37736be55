/**
 * Waits this long for an answer, in milliseconds, and then rejects with the error that `tooLate` makes. An
 * answer that came while the process was busy is still taken.
 */
export async function within<T>(ms: number, answer: Promise<T>, tooLate: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => setImmediate(() => reject(tooLate())), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
