/** Sign in, sign up, or go on as a guest: one form, used on its own page and in the dialog that asks. */
import { type FormEvent, type ReactNode, useState } from 'react'
import { Button } from '../base/button.tsx'
import { Segmented } from '../base/choice.tsx'
import { TextField } from '../base/field.tsx'
import { Notice } from '../base/surfaces.tsx'
import type { Session } from './port.ts'
import type { AccountDoing } from './sentences.ts'

export type AccountMode = 'signIn' | 'signUp'

export interface AccountFormProps {
  readonly session: Session
  readonly mode: AccountMode
  readonly onMode: (mode: AccountMode) => void
  readonly onDone: () => void
  /** Turns a refusal into a sentence. */
  readonly sentenceOf: (error: unknown, doing: AccountDoing) => string
  /** What most people who see it here came for; it comes first. */
  readonly lead: 'guest' | 'account'
  /** Below the form, e.g. where a demo's accounts are named. */
  readonly note?: ReactNode
}

const passwordCharsMin = 8

export function AccountForm(props: AccountFormProps): ReactNode {
  const { session, mode, onMode, lead, note } = props
  const form = useAccountForm(props)
  const guest = (
    <Button
      look={lead === 'guest' ? 'solid' : 'line'}
      wide
      busy={form.busy === 'guest'}
      onClick={() => void form.run('guest', () => session.continueAsGuest())}
    >
      Continue as a guest
    </Button>
  )
  const isGuest = session.user?.isAnonymous === true
  return (
    <div className="account">
      {!isGuest && lead === 'guest' && (
        <>
          {guest}
          <p className="account__or">or with an account</p>
        </>
      )}
      <Segmented
        legend="Account"
        value={mode}
        onChange={onMode}
        choices={[
          { value: 'signIn', label: 'Sign in' },
          { value: 'signUp', label: 'Create account' },
        ]}
      />
      <AccountFields form={form} mode={mode} look={lead === 'account' ? 'solid' : 'line'} />
      {!isGuest && lead === 'account' && (
        <>
          <p className="account__or">or without one</p>
          {guest}
        </>
      )}
      {note && <div className="account__note">{note}</div>}
    </div>
  )
}

interface FormState {
  readonly busy: AccountDoing | undefined
  readonly problem: string | undefined
  readonly errors: Readonly<Partial<Record<'name' | 'email' | 'password', string>>>
  readonly run: (doing: AccountDoing, work: () => Promise<unknown>) => Promise<void>
  readonly submit: (event: FormEvent<HTMLFormElement>) => void
}

function useAccountForm({ session, mode, onDone, sentenceOf }: AccountFormProps): FormState {
  const [busy, setBusy] = useState<AccountDoing>()
  const [problem, setProblem] = useState<string>()
  const [errors, setErrors] = useState<FormState['errors']>({})
  const run = async (doing: AccountDoing, work: () => Promise<unknown>): Promise<void> => {
    setBusy(doing)
    setProblem(undefined)
    try {
      await work()
      onDone()
    } catch (error) {
      setProblem(sentenceOf(error, doing))
    } finally {
      setBusy(undefined)
    }
  }
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const data = new FormData(event.currentTarget)
    const name = textOf(data, 'name').trim()
    const email = textOf(data, 'email').trim()
    const password = textOf(data, 'password')
    const found = accountErrors(mode, { name, email, password })
    setErrors(found)
    if (Object.keys(found).length > 0) {
      event.currentTarget
        .querySelector<HTMLInputElement>(`[name=${Object.keys(found)[0]}]`)
        ?.focus()
      return
    }
    void run(mode, () =>
      mode === 'signIn'
        ? session.signIn({ email, password })
        : session.signUp({ name, email, password }),
    )
  }
  return { busy, problem, errors, run, submit }
}

interface AccountFieldsProps {
  readonly form: FormState
  readonly mode: AccountMode
  readonly look: 'solid' | 'line'
}

function AccountFields({ form, mode, look }: AccountFieldsProps): ReactNode {
  const isNew = mode === 'signUp'
  return (
    <form className="stack" noValidate onSubmit={form.submit}>
      {isNew && <TextField label="Name" name="name" autoComplete="name" error={form.errors.name} />}
      <TextField
        label="Email"
        name="email"
        type="email"
        autoComplete="email"
        error={form.errors.email}
      />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete={isNew ? 'new-password' : 'current-password'}
        error={form.errors.password}
        // The error says the same.
        {...(isNew &&
          !form.errors.password && { hint: `At least ${passwordCharsMin} characters.` })}
      />
      {form.problem && (
        <Notice look="error" role="alert">
          {form.problem}
        </Notice>
      )}
      <Button type="submit" look={look} wide busy={form.busy === mode}>
        {isNew ? 'Create account' : 'Sign in'}
      </Button>
    </form>
  )
}

/** Exported for its test. */
export function accountErrors(
  mode: AccountMode,
  input: { readonly name: string; readonly email: string; readonly password: string },
): FormState['errors'] {
  const isNew = mode === 'signUp'
  return {
    ...(isNew && input.name === '' && { name: 'Write the name others will see.' }),
    ...(!/^\S+@\S+$/.test(input.email) && {
      email: 'Write an email address, like ada@example.org.',
    }),
    ...(input.password === '' && { password: 'Write your password.' }),
    ...(isNew &&
      input.password.length < passwordCharsMin && {
        password: `Use at least ${passwordCharsMin} characters.`,
      }),
  }
}

function textOf(data: FormData, name: string): string {
  const value = data.get(name)
  return typeof value === 'string' ? value : ''
}
