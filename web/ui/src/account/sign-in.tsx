/** The page on which people say who they are; each app brings its own words. */
import { type ReactNode, useEffect, useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import { AccountForm, type AccountFormProps, type AccountMode } from './account-form.tsx'
import { nextPath } from './paths.ts'
import type { Session } from './port.ts'

export interface SignInProps {
  readonly session: Session
  /** For everybody, and for guests, who are here to become more. */
  readonly title: { readonly visitor: string; readonly guest: string }
  readonly lede: { readonly visitor: string; readonly guest: string }
  readonly sentenceOf: AccountFormProps['sentenceOf']
  readonly note?: ReactNode
}

export function SignIn({ session, title, lede, sentenceOf, note }: SignInProps): ReactNode {
  const [, navigate] = useLocation()
  const next = nextPath(useSearch())
  const isGuest = session.user?.isAnonymous === true
  const [mode, setMode] = useState<AccountMode>(isGuest ? 'signUp' : 'signIn')
  const [done, setDone] = useState(false)
  const isMember = session.user !== null && !session.user.isAnonymous
  // Leaves when the session says so, not when the form does: the next page must know who is here.
  const leaving = isMember || (done && session.user !== null)
  useEffect(() => {
    if (leaving) navigate(next, { replace: true })
  }, [leaving, navigate, next])
  const words = isGuest ? 'guest' : 'visitor'
  return (
    <div className="narrow">
      <h1 className="page-title" tabIndex={-1}>
        {title[words]}
      </h1>
      <p className="lede">{lede[words]}</p>
      <div className="sheet sheet--padded">
        <AccountForm
          session={session}
          lead="account"
          mode={mode}
          onMode={setMode}
          onDone={() => setDone(true)}
          sentenceOf={sentenceOf}
          note={note}
        />
      </div>
    </div>
  )
}
