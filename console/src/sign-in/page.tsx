import { useEffect, useState } from 'preact/hooks';
import * as text from '../text/common';
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
      {(hasFailed || isBroken) && <SignInFailed />}
      <Button kind="primary" isBusy={isLeaving} onClick={leave}>
        {isLeaving ? text.signIn.working : text.signIn.action}
      </Button>
    </main>
  );
}

function SignInFailed() {
  return (
    <Note tone="bad">
      <p role="alert">{text.failure.signIn}</p>
    </Note>
  );
}

/** Over a page whose person has to prove once more who they are: what they have typed below it stays. */
export function SignInAgain() {
  const [isBroken, setBroken] = useState(false);
  const open = () => {
    setBroken(false);
    openSignIn().catch(() => setBroken(true));
  };
  return (
    <Dialog title={text.signIn.againTitle}>
      <p>{text.signIn.again}</p>
      {isBroken && <SignInFailed />}
      <footer>
        <Button kind="primary" onClick={open}>
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
