import { type ReactNode, useEffect, useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import { AccountForm, type AccountMode } from '../account/account-form.tsx'
import { nextPath } from '../account/paths.ts'
import { useTitle } from '../base/shell.tsx'
import { useBackend, useSentence } from './backend.tsx'
import { siteName } from './site.ts'

export function SignInPage({ note }: { readonly note: ReactNode }): ReactNode {
  useTitle('Sign in', siteName)
  const session = useBackend().useSession()
  const sentence = useSentence()
  const [, navigate] = useLocation()
  const next = nextPath(useSearch())
  const [mode, setMode] = useState<AccountMode>(session.user?.isAnonymous ? 'signUp' : 'signIn')
  const [done, setDone] = useState(false)
  const isMember = session.user !== null && !session.user.isAnonymous
  // Leaves when the session says so, not when the form does: the next page must know who is here.
  const leaving = isMember || (done && session.user !== null)
  useEffect(() => {
    if (leaving) navigate(next, { replace: true })
  }, [leaving, navigate, next])
  return (
    <div className="narrow">
      <h1 className="page-title" tabIndex={-1}>
        {session.user?.isAnonymous ? 'More than a guest' : 'Come in'}
      </h1>
      <p className="lede">
        {session.user?.isAnonymous
          ? 'With an account you can come back from any device.'
          : 'Guests can vote and ask as well. With an account you can come back from any device.'}
      </p>
      <div className="sheet sheet--padded">
        <AccountForm
          session={session}
          lead="account"
          mode={mode}
          onMode={setMode}
          onDone={() => setDone(true)}
          sentenceOf={sentence}
          note={note}
        />
      </div>
    </div>
  )
}
