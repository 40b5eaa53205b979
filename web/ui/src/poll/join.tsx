/** Asks who you are at the moment it matters, and then goes on with what you were doing. */
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState,
} from 'react'
import { AccountForm, type AccountMode } from '../account/account-form.tsx'
import { Dialog } from '../base/dialog.tsx'
import { useBackend, useSentence } from './backend.tsx'

/**
 * Runs `then` now for somebody who is signed in, and after signing in for somebody who is not.
 * `then` must read what it needs when it runs: the session will have changed by then.
 */
export type WithUser = (title: string, then: () => void) => void

export function useWithUser(): WithUser {
  return useContext(JoinContext)
}

export interface JoinProviderProps {
  readonly note?: ReactNode
  readonly children: ReactNode
}

export function JoinProvider({ note, children }: JoinProviderProps): ReactNode {
  const session = useBackend().useSession()
  const sentence = useSentence()
  const [title, setTitle] = useState<string>()
  const [mode, setMode] = useState<AccountMode>('signIn')
  const pending = useRef<(() => void) | undefined>(undefined)
  const user = session.user
  const withUser = useCallback<WithUser>(
    (asked, then) => {
      if (user) {
        then()
        return
      }
      pending.current = then
      setTitle(asked)
    },
    [user],
  )
  useEffect(() => {
    if (!user || !pending.current) return
    const then = pending.current
    pending.current = undefined
    setTitle(undefined)
    then()
  }, [user])
  const close = (): void => {
    pending.current = undefined
    setTitle(undefined)
  }
  return (
    <JoinContext value={withUser}>
      {children}
      <Dialog open={title !== undefined} title={title ?? ''} onClose={close}>
        <AccountForm
          session={session}
          lead="guest"
          mode={mode}
          onMode={setMode}
          // The effect above goes on once the session itself says who it is.
          onDone={() => setTitle(undefined)}
          sentenceOf={sentence}
          note={note}
        />
      </Dialog>
    </JoinContext>
  )
}

const JoinContext = createContext<WithUser>(() => {
  throw new Error('useWithUser is called outside of JoinProvider')
})
