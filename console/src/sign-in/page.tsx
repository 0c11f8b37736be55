import { useEffect, useState } from 'preact/hooks';
import { text } from '../text';
import { Button, Dialog, Note } from '../ui/parts';
import { leaveToSignIn, openSignIn } from './tokens';

export function SignInPage({ isWorking, hasFailed }: { isWorking: boolean; hasFailed: boolean }) {
  const [isLeaving, setLeaving] = useState(isWorking);
  const [isBroken, setBroken] = useState(false);
  useEffect(() => setLeaving(isWorking), [isWorking]);
  const leave = () => {
    setLeaving(true);
    setBroken(false);
    leaveToSignIn().catch(() => {
      setLeaving(false);
      setBroken(true);
    });
  };
  return (
    <main class="sign-in">
      <h1>{text.signIn.title}</h1>
      <p class="lead">{text.signIn.lead}</p>
      {(hasFailed || isBroken) && (
        <Note tone="bad">
          <p role="alert">{text.failure.signIn}</p>
        </Note>
      )}
      <Button kind="primary" isBusy={isLeaving} onClick={leave}>
        {isLeaving ? text.signIn.working : text.signIn.action}
      </Button>
    </main>
  );
}

/** Over a page whose person has to prove once more who they are: what they have typed below it stays. */
export function SignInAgain() {
  return (
    <Dialog title={text.signIn.againTitle}>
      <p>{text.signIn.again}</p>
      <footer>
        <Button kind="primary" onClick={() => void openSignIn()}>
          {text.signIn.action}
        </Button>
      </footer>
    </Dialog>
  );
}

/** In the window that was opened for it. */
export function WindowDone() {
  useEffect(() => window.close(), []);
  return (
    <main class="sign-in">
      <h1>{text.signIn.title}</h1>
      <p>{text.signIn.windowDone}</p>
    </main>
  );
}
