/** Hands the host's backend to the screens, and its errors to people. */
import { createContext, useCallback, useContext } from 'react'
import { useToast } from '../base/toast.tsx'
import type { AppError, PollBackend } from './port.ts'
import { type Doing, isWorthRetrying, sentenceOf } from './sentences.ts'

export const BackendContext = createContext<PollBackend | null>(null)

export function useBackend(): PollBackend {
  const backend = useContext(BackendContext)
  if (!backend) throw new Error('The poll screens are rendered outside of PollApp')
  return backend
}

/** Turns anything a promise or a query rejected with into a sentence. */
export function useSentence(): (error: unknown, doing: Doing) => string {
  const { errorOf } = useBackend()
  return useCallback((error, doing) => sentenceOf(errorOf(error), doing), [errorOf])
}

export interface Attempt {
  readonly doing: Doing
  readonly run: () => Promise<unknown>
  /** Said when it worked. */
  readonly done?: string
  /** Called instead of showing a message when the caller deals with this error; true if it did. */
  readonly onError?: (error: AppError) => boolean
}

/** Runs something, shows what went wrong as a message with a way to try again, answers whether it worked. */
export function useAttempt(): (attempt: Attempt) => Promise<boolean> {
  const { errorOf } = useBackend()
  const toast = useToast()
  return useCallback(
    async function attempt({ doing, run, done, onError }: Attempt): Promise<boolean> {
      try {
        await run()
        if (done) toast({ text: done })
        return true
      } catch (thrown) {
        const error = errorOf(thrown)
        if (onError?.(error)) return false
        const again = (): void => void attempt({ doing, run, ...(done && { done }) })
        toast({
          look: 'error',
          text: sentenceOf(error, doing),
          ...(isWorthRetrying(error) && { action: { label: 'Try again', run: again } }),
        })
        return false
      }
    },
    [errorOf, toast],
  )
}
