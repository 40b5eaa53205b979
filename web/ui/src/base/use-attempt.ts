/** Runs what a person asked for, and says how it went. */
import { useCallback } from 'react'
import { type AppError, isWorthRetrying } from './app-error.ts'
import { useToast } from './toast.tsx'

export interface Attempt<Doing> {
  readonly doing: Doing
  readonly run: () => Promise<unknown>
  /** Said when it worked. */
  readonly done?: string
  /** Called instead of showing a message when the caller deals with this error; true if it did. */
  readonly onError?: (error: AppError) => boolean
}

/** Shows what went wrong as a message with a way to try again; answers whether it worked. */
export function useAttemptWith<Doing>(
  errorOf: (error: unknown) => AppError,
  sentenceOf: (error: AppError, doing: Doing) => string,
): (attempt: Attempt<Doing>) => Promise<boolean> {
  const toast = useToast()
  return useCallback(
    async function attempt({ doing, run, done, onError }: Attempt<Doing>): Promise<boolean> {
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
    [errorOf, sentenceOf, toast],
  )
}
