import type { ReactNode } from 'react'
import { SignIn } from '../account/sign-in.tsx'
import { useTitle } from '../base/shell.tsx'
import { useBackend, useSentence } from './backend.tsx'
import { siteName } from './site.ts'

export function SignInPage({ note }: { readonly note: ReactNode }): ReactNode {
  useTitle('Sign in', siteName)
  return (
    <SignIn
      session={useBackend().useSession()}
      title={{ visitor: 'Come in', guest: 'More than a guest' }}
      lede={{
        visitor:
          'Guests can vote and ask as well. With an account you can come back from any device.',
        guest: 'With an account you can come back from any device.',
      }}
      sentenceOf={useSentence()}
      note={note}
    />
  )
}
