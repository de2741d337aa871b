import { type FormEvent, useState } from 'react';
import { tokenFromPaste } from '../connection/access-token.ts';
import { connectWithToken } from '../connection/start.ts';
import { Button } from '../controls/button.tsx';
import { Field, TextInput } from '../controls/field.tsx';
import { text } from '../text/en.ts';
import { Mark } from './mark.tsx';

/** The server wants a token: how to get the link again, and a place to paste it. */
export function SignIn({ reason }: { reason: 'missing' | 'refused' }) {
  const [pasted, setPasted] = useState('');
  const [isWrong, setIsWrong] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const token = tokenFromPaste(pasted);
    if (token === null) setIsWrong(true);
    else connectWithToken(token);
  };
  return (
    <main className="flex h-full flex-col items-center justify-center p-8">
      <div className="w-full max-w-md rounded-lg border border-line bg-raised p-6 shadow-2">
        <Mark size={32} />
        <h1 className="mt-4 text-xl font-semibold">{text.signIn[reason].title}</h1>
        <p className="mt-1 text-ink-2">{text.signIn[reason].body}</p>
        <ol className="mt-4 list-decimal space-y-2 pl-5 text-ink-2 marker:text-ink-3">
          <li>{text.signIn.stepTerminal}</li>
          <li>
            {text.signIn.stepRestart}
            <code className="mt-1 block w-fit rounded-sm bg-sunken px-2 py-1 font-mono text-sm text-ink">
              {text.signIn.command}
            </code>
          </li>
        </ol>
        <form onSubmit={submit} className="mt-5 flex items-end gap-2">
          <div className="flex-1">
            <Field label={text.signIn.field} problem={isWrong ? text.signIn.notAToken : null}>
              {(ids) => (
                <TextInput
                  {...ids}
                  autoFocus
                  type="password"
                  aria-invalid={isWrong}
                  value={pasted}
                  onChange={(event) => {
                    setPasted(event.target.value);
                    setIsWrong(false);
                  }}
                />
              )}
            </Field>
          </div>
          <Button
            type="submit"
            look="primary"
            disabled={pasted.trim() === ''}
            className={isWrong ? 'mb-5' : ''}
          >
            {text.signIn.submit}
          </Button>
        </form>
      </div>
    </main>
  );
}
