import { useState } from 'preact/hooks';
import { reloadAll } from '../api/query';
import type { Failure } from '../api/request';
import * as text from '../text/keys';
import type { Tone } from '../ui/parts';
import { missing, verdict } from './consequences';
import { verifyKeys, type Owner, type Provider } from './operations';

/** Shows the key that is stored to its provider, and says what it answered. */
export function useVerification(owner: Owner, provider: Provider) {
  const [isBusy, setBusy] = useState(false);
  const [says, setSays] = useState<readonly { tone: Tone; words: string }[]>([]);
  const run = async () => {
    setBusy(true);
    setSays([]);
    try {
      const { results, userErrors } = await verifyKeys(owner, { providers: [provider] });
      const [result] = results;
      const [error] = userErrors;
      if (error) setSays([{ tone: 'bad', words: error.message }]);
      else if (result) {
        const absent = missing(result);
        const allThere = result.status === 'VALID' && absent.length === 0;
        setSays([
          verdict(provider, result),
          ...absent,
          ...(allThere ? [{ tone: 'ok', words: text.keys.allThere } as const] : []),
        ]);
      }
      await reloadAll();
    } catch (error) {
      setSays([{ tone: 'bad', words: (error as Failure).message }]);
    }
    setBusy(false);
  };
  return { isBusy, says, run: () => void run(), forget: () => setSays([]) };
}
