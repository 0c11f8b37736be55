import { tookTooLong } from '../graphql/errors';

/**
 * The time that a query may take. A mutation has no such limit: it runs to its end, so that nothing is left
 * half done.
 */
export class TimeLimit {
  #timer: NodeJS.Timeout | undefined;
  #expire: (error: Error) => void = () => undefined;

  constructor(private readonly milliseconds: number) {}

  /**
   * Waits for the answer, and refuses once the time is over. What is still being loaded then is thrown away.
   */
  async hold<T>(answering: Promise<T>): Promise<T> {
    const expired = new Promise<never>((_resolve, reject) => (this.#expire = reject));
    try {
      return await Promise.race([answering, expired]);
    } finally {
      clearTimeout(this.#timer);
    }
  }

  start(whenOver: () => void): void {
    this.#timer = setTimeout(() => {
      whenOver();
      this.#expire(tookTooLong());
    }, this.milliseconds);
  }
}
